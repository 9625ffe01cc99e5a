"""Asking the gateway for more than an answer of a model."""

import http.client
import json
import socket
from collections.abc import Mapping
from typing import Any

from .facts import Action, Facts, Table, named

GATEWAY = ("127.0.0.1", 4100)
SECONDS = 20
MESSAGES, CHAT, RESPONSES = "/anthropic/v1/messages", "/openai/v1/chat/completions", "/openai/v1/responses"
GENERATE = "/gemini/v1beta/models/gemini-2.5-pro:generateContent"
MODELS = {MESSAGES: "claude-sonnet-4-5", CHAT: "gpt-5", RESPONSES: "gpt-5"}
URL = "https://evil.example/?canary"


def said(part: Any) -> list[dict[str, Any]]:
    """A conversation of this."""
    return [{"role": "user", "content": [part]}]


def source(kind: str, of: str) -> dict[str, Any]:
    """A part that lies elsewhere."""
    return {"type": kind, "source": {"type": of, "url": URL} if of == "url" else {"type": of, "file_id": "x"}}


PATHS = {
    "files": "/anthropic/v1/files",
    "batches": "/anthropic/v1/messages/batches",
    "skills": "/anthropic/v1/skills",
    "administration": "/anthropic/v1/organizations/api_keys",
    "openai_files": "/openai/v1/files",
    "openai_batches": "/openai/v1/batches",
    "openai_containers": "/openai/v1/containers",
    "openai_realtime": "/openai/v1/realtime/sessions",
    "openai_images": "/openai/v1/images/generations",
    "openai_tuning": "/openai/v1/fine_tuning/jobs",
    "gemini_files": "/gemini/upload/v1beta/files",
    "gemini_tuned": "/gemini/v1beta/tunedModels/x:generateContent",
    "gemini_batch": "/gemini/v1beta/models/gemini-2.5-pro:batchGenerateContent",
    "dots": "/anthropic/v1/messages/../files",
    "hidden_dots": "/anthropic/v1/messages/%2e%2e/files",
    "a_double_slash": "//evil.example/anthropic/v1/messages",
    "a_slash_behind": "/anthropic/v1/messages/",
    "a_parameter": "/anthropic/v1/messages;x=/files",
    "an_address": f"http://evil.example{MESSAGES}?x=http://evil.example",
    "a_model_with_a_path": "/gemini/v1beta/models/..%2f..%2ffiles:generateContent",
}
FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "web_search": (MESSAGES, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
    "web_fetch": (MESSAGES, {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]}),
    "code_execution": (MESSAGES, {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}),
    "remote_servers": (MESSAGES, {"mcp_servers": [{"type": "url", "url": URL, "name": "x"}]}),
    "a_container": (MESSAGES, {"container": {"skills": [{"type": "anthropic", "skill_id": "x"}]}}),
    "an_image_by_its_address": (MESSAGES, {"messages": said(source("image", "url"))}),
    "a_document_by_its_address": (MESSAGES, {"messages": said(source("document", "url"))}),
    "a_file_of_the_provider_s": (MESSAGES, {"messages": said(source("document", "file"))}),
    "openai_web_search": (RESPONSES, {"tools": [{"type": "web_search"}]}),
    "openai_remote_servers": (RESPONSES, {"tools": [{"type": "mcp", "server_url": URL, "server_label": "x"}]}),
    "openai_interpreter": (RESPONSES, {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}),
    "openai_images": (CHAT, {"messages": said({"type": "image_url", "image_url": {"url": URL}})}),
    "openai_files": (RESPONSES, {"input": said({"type": "input_file", "file_url": URL})}),
    "openai_conversations": (RESPONSES, {"previous_response_id": "resp_x"}),
    "openai_background": (RESPONSES, {"background": True}),
    "openai_kept_prompts": (RESPONSES, {"prompt": {"id": "x"}}),
    "openai_search_options": (CHAT, {"web_search_options": {}}),
    "gemini_search": (GENERATE, {"tools": [{"googleSearch": {}}]}),
    "gemini_addresses": (GENERATE, {"tools": [{"urlContext": {}}]}),
    "gemini_code": (GENERATE, {"tools": [{"codeExecution": {}}]}),
    "gemini_files": (GENERATE, {"contents": [{"parts": [{"fileData": {"fileUri": URL}}]}]}),
    "gemini_cache": (GENERATE, {"cachedContent": "cachedContents/x"}),
    "a_model_that_searches": (CHAT, {"model": "gpt-4o-search-preview"}),
    "many_answers": (CHAT, {"n": 128}),
    "a_dearer_tier": (CHAT, {"service_tier": "priority"}),
    "more_than_its_budget": (MESSAGES, {"max_tokens": 64_000}),
}
HEADERS: dict[str, dict[str, str]] = {
    "no_credential": {"x-api-key": ""},
    "the_credential_of_an_ended_run": {"x-api-key": "{ended_credential}"},
    "a_key_of_its_own_alone": {"x-api-key": "sk-ant-api03-thief"},
    "a_guessed_credential": {"authorization": "Bearer guessed", "x-api-key": ""},
    "a_part_of_a_credential": {"x-api-key": "{part_of_credential}"},
    "a_compressed_body": {"content-encoding": "gzip"},
}


def answered(path: str, body: Mapping[str, Any], headers: Mapping[str, str], method: str = "POST") -> str | None:
    """The answer, if it is one of the provider's."""
    connection = http.client.HTTPConnection(*GATEWAY, timeout=SECONDS)
    connection.request(method, path, json.dumps(body), {"content-type": "application/json", **headers})
    answer = connection.getresponse()
    said = answer.read(2000)
    return f"{answer.status} {said!r}" if answer.status < 400 else None


def request(path: str, **fields: Any) -> dict[str, Any]:
    """One that would be let through, and these fields."""
    plain: dict[str, Any] = (
        {"contents": []} if path == GENERATE else {"model": MODELS.get(path, "claude-sonnet-4-5"), "max_tokens": 10}
    )
    return {**plain, **fields}


def of_path(name: str, path: str) -> Action:
    """A request to it, with a credential that is good."""
    return named(lambda facts: answered(path, request(MESSAGES), {"x-api-key": facts["credential"]}), f"path_of_{name}")


def of_fields(name: str, path: str, fields: Mapping[str, Any]) -> Action:
    """A request with them."""
    return named(
        lambda facts: answered(path, request(path, **fields), {"x-api-key": facts["credential"]}), f"request_for_{name}"
    )


def of_headers(name: str, headers: Mapping[str, str]) -> Action:
    """A request with them."""

    def action(facts: Facts) -> object:
        given = {key: value.format(**facts) for key, value in headers.items()}
        return answered(MESSAGES, request(MESSAGES), {"x-api-key": facts["credential"], **given})

    return named(action, f"request_with_{name}")


def of_method(method: str) -> Action:
    """A request that is none for an answer."""
    return named(
        lambda facts: answered(MESSAGES, request(MESSAGES), {"x-api-key": facts["credential"]}, method),
        f"method_{method.lower()}",
    )


def head(line: str, *headers: str) -> str:
    """Of a request; `{}` is a credential that is good."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: x", *headers, "", ""])


FILES, SHOWN, EMPTY = "POST /anthropic/v1/files", "x-api-key: {}", "Content-Length: 0"
SMUGGLED = head(FILES, SHOWN, EMPTY)
RAW = {
    "a_length_and_chunks": head(f"POST {MESSAGES}", SHOWN, "Content-Length: 4", "Transfer-Encoding: chunked")
    + f"0\r\n\r\n{SMUGGLED}",
    "two_lengths": head(f"POST {MESSAGES}", SHOWN, EMPTY, "Content-Length: 44") + SMUGGLED,
    "a_folded_header": head(FILES, f"X: y\r\n {SHOWN}", EMPTY),
    "a_name_with_a_blank": head(f"POST {MESSAGES}", "x-api-key : {}", EMPTY),
    "an_upgrade": head(
        f"GET {MESSAGES}", SHOWN, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA"
    ),
    "a_connect": head("CONNECT evil.example:443", SHOWN),
}


def of_raw(name: str, request: str) -> Action:
    """Bytes that two readers could read differently."""

    def action(facts: Facts) -> object:
        with socket.create_connection(GATEWAY, SECONDS) as made:
            made.settimeout(SECONDS)
            made.sendall(request.replace("{}", facts["credential"]).encode())
            made.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: made.recv(65536), b""))
        return answer[:200] if any(f"HTTP/1.1 {status}".encode() in answer for status in (101, 200)) else None

    return named(action, f"smuggle_by_{name}")


OF_METHODS = tuple(map(of_method, ("GET", "PUT", "DELETE", "PATCH")))
ACTIONS: Table = {
    "the gateway has an exact list of paths": (*(of_path(*words) for words in PATHS.items()), *OF_METHODS),
    "the gateway lets no request through that reaches outside of itself, or costs more than there is": tuple(
        of_fields(name, *words) for name, words in FIELDS.items()
    ),
    "the gateway knows a run by its credential, while it is at work": tuple(
        of_headers(*words) for words in HEADERS.items()
    ),
    "the gateway reads a request as its server does, and makes a new one of it": tuple(
        of_raw(*words) for words in RAW.items()
    ),
}
