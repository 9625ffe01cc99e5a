"""A client of each protocol, as small as an agent's: it declares tools, keeps the conversation, and reads answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.mock_model import MockModel

WRITE = {"type": "object", "properties": {"file_path": {"type": "string"}, "content": {"type": "string"}}}
SHELL = {
    "type": "object",
    "properties": {"command": {"type": "string"}, "why": {"type": "string"}, "background": {"type": "boolean"}},
    "required": ["command", "why", "background"],
}
TOOLS: Mapping[str, Mapping[str, Any]] = {"write_file": WRITE, "run_shell_command": SHELL}
SYSTEM = "You are careful.\n - Primary working directory: /somewhere\n"


@dataclass
class Heard:
    """An answer, read back from its protocol's form."""

    text: str = ""
    calls: list[tuple[str, str, Any]] = field(default_factory=list)  # id, tool, arguments
    input: int = 0
    output: int = 0
    cached: int = 0
    status: int = 200


class Client:
    """What they share. A wire names its path and says how a request is made and an answer is read."""

    path: str

    def __init__(self, model: MockModel, stream: bool, tools: Mapping[str, Any] = TOOLS) -> None:
        self.url, self.stream, self.tools = model.url, stream, tools
        self.messages: list[Any] = []

    def say(self, text: str = "Do it.") -> Heard:
        self.messages.append(self.spoken(text))
        return self.ask()

    def result(self, heard: Heard) -> Heard:
        """Gives each call a result, and asks on."""
        self.messages += self.results(heard)
        return self.ask()

    def ask(self) -> Heard:
        response = httpx.post(self.url + self.where(), json=self.request(), timeout=10)
        if response.status_code != 200:
            return Heard(status=response.status_code, text=self.complaint(response.json()))
        if not self.stream:
            return self.whole(response.json())
        assert response.headers["content-type"].startswith("text/event-stream")
        data = [line[6:] for line in response.text.splitlines() if line.startswith("data: ")]
        return self.streamed([json.loads(line) for line in data if line != "[DONE]"])

    def where(self) -> str:
        return self.path

    def complaint(self, body: Any) -> str:
        return str(body["error"]["message"])

    def spoken(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def results(self, heard: Heard) -> list[Any]:
        raise NotImplementedError

    def request(self) -> Any:
        raise NotImplementedError

    def whole(self, body: Any) -> Heard:
        raise NotImplementedError

    def streamed(self, events: list[Any]) -> Heard:
        raise NotImplementedError


class Anthropic(Client):
    path = "/anthropic/v1/messages?beta=true"

    def request(self) -> Any:
        tools = [{"name": name, "input_schema": schema} for name, schema in self.tools.items()]
        system = [{"type": "text", "text": SYSTEM}]
        return {"model": "m", "messages": self.messages, "system": system, "tools": tools, "stream": self.stream}

    def results(self, heard: Heard) -> list[Any]:
        results = [{"type": "tool_result", "tool_use_id": id, "content": "ok"} for id, _, _ in heard.calls]
        return [{"role": "user", "content": results}]

    def whole(self, body: Any) -> Heard:
        usage = body["usage"]
        heard = Heard("".join(block.get("text", "") for block in body["content"]))
        heard.calls = [(b["id"], b["name"], b["input"]) for b in body["content"] if b["type"] == "tool_use"]
        heard.cached, heard.output = usage["cache_read_input_tokens"], usage["output_tokens"]
        heard.input = usage["input_tokens"] + heard.cached
        assert body["stop_reason"] == ("tool_use" if heard.calls else "end_turn")
        return heard

    def streamed(self, events: list[Any]) -> Heard:
        message, blocks = events[0]["message"], {}
        for event in events:
            if event["type"] == "content_block_start":
                blocks[event["index"]] = event["content_block"] | {"json": ""}
            if event["type"] == "content_block_delta":
                block, delta = blocks[event["index"]], event["delta"]
                block["text"] = block.get("text", "") + delta.get("text", "")
                block["json"] += delta.get("partial_json", "")
            if event["type"] == "message_delta":
                message |= event["delta"] | {"usage": message["usage"] | event["usage"]}
        for block in blocks.values():
            block["input"] = json.loads(block["json"] or "{}")
        assert events[-1] == {"type": "message_stop"}
        return self.whole(message | {"content": list(blocks.values())})


class Chat(Client):
    path = "/openai/v1/chat/completions"

    def request(self) -> Any:
        tools = [{"type": "function", "function": {"name": n, "parameters": s}} for n, s in self.tools.items()]
        messages = [{"role": "system", "content": SYSTEM}, *self.messages]
        return {"model": "m", "messages": messages, "tools": tools, "stream": self.stream}

    def results(self, heard: Heard) -> list[Any]:
        return [{"role": "tool", "tool_call_id": id, "content": "ok"} for id, _, _ in heard.calls]

    def whole(self, body: Any) -> Heard:
        (choice,), usage = body["choices"], body["usage"]
        message = choice["message"]
        calls = [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls", [])]
        heard = Heard(message.get("content") or "", [(id, name, json.loads(given)) for id, name, given in calls])
        heard.input, heard.output = usage["prompt_tokens"], usage["completion_tokens"]
        heard.cached = usage["prompt_tokens_details"]["cached_tokens"]
        assert choice["finish_reason"] == ("tool_calls" if heard.calls else "stop")
        return heard

    def streamed(self, events: list[Any]) -> Heard:
        message: dict[str, Any] = {"content": "", "tool_calls": []}
        for (choice,) in [event["choices"] for event in events if event["choices"]]:
            message["content"] += choice["delta"].get("content", "")
            for call in choice["delta"].get("tool_calls", []):
                if "id" in call:
                    message["tool_calls"].append(call)
                else:
                    message["tool_calls"][call["index"]]["function"]["arguments"] += call["function"]["arguments"]
        return self.whole(events[-1] | {"choices": [choice | {"message": message}]})


class Responses(Client):
    path = "/openai/v1/responses"

    def request(self) -> Any:
        tools = [{"type": "function", "name": name, "parameters": schema} for name, schema in self.tools.items()]
        inner = {"type": "namespace", "name": "inner", "tools": tools}
        given = {"model": "m", "input": self.messages, "instructions": SYSTEM, "stream": self.stream}
        return given | {"tools": [inner, {"type": "web_search"}] if tools else []}

    def results(self, heard: Heard) -> list[Any]:
        return [{"type": "function_call_output", "call_id": id, "output": "ok"} for id, _, _ in heard.calls]

    def whole(self, body: Any) -> Heard:
        heard, usage = Heard(), body["usage"]
        for item in body["output"]:
            if item["type"] == "function_call":
                assert item["namespace"] == "inner"
                heard.calls.append((item["call_id"], item["name"], json.loads(item["arguments"])))
            else:
                heard.text += "".join(part["text"] for part in item["content"])
        heard.input, heard.output = usage["input_tokens"], usage["output_tokens"]
        heard.cached = usage["input_tokens_details"]["cached_tokens"]
        assert body["status"] == "completed"
        return heard

    def streamed(self, events: list[Any]) -> Heard:
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        heard = self.whole(events[-1]["response"])
        assert "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta") == heard.text
        given = "".join(e["delta"] for e in events if e["type"] == "response.function_call_arguments.delta")
        assert given == "".join(json.dumps(arguments) for _, _, arguments in heard.calls)
        return heard


class Gemini(Client):
    path = "/gemini/v1beta/models/m"

    def where(self) -> str:
        return self.path + (":streamGenerateContent?alt=sse" if self.stream else ":generateContent")

    def spoken(self, text: str) -> Any:
        return {"role": "user", "parts": [{"text": text}]}

    def request(self) -> Any:
        tools = [{"name": name, "parametersJsonSchema": schema} for name, schema in self.tools.items()]
        system = {"parts": [{"text": SYSTEM}]}
        declared = [{"functionDeclarations": tools}] if tools else []
        return {"contents": self.messages, "systemInstruction": system, "tools": declared}

    def results(self, heard: Heard) -> list[Any]:
        parts = [{"functionResponse": {"id": id, "name": name, "response": {}}} for id, name, _ in heard.calls]
        return [{"role": "user", "parts": parts}]

    def whole(self, body: Any) -> Heard:
        return self.streamed([body])

    def streamed(self, events: list[Any]) -> Heard:
        heard = Heard()
        for event in events:
            for part in event["candidates"][0]["content"]["parts"]:
                heard.text += part.get("text", "")
                if "functionCall" in part:
                    call = part["functionCall"]
                    heard.calls.append((call["id"], call["name"], call["args"]))
        usage = events[-1]["usageMetadata"]
        heard.input, heard.output = usage["promptTokenCount"], usage["candidatesTokenCount"]
        heard.cached = usage["cachedContentTokenCount"]
        assert events[-1]["candidates"][0]["finishReason"] == "STOP"
        return heard


CLIENTS: Mapping[str, type[Client]] = {
    "anthropic": Anthropic,
    "openai-chat": Chat,
    "openai-responses": Responses,
    "gemini": Gemini,
}
