"""What may go out to a model's provider, and what would make the provider a way out: by table, for each protocol."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.catalogue import catalogue, price_of
from config.settings import load
from runners.agents.adapter import Wire
from runners.gateway import routes
from runners.gateway.requests import TOKENS_OF_AN_IMAGE, ModelRequest, Refused, _words, read
from runners.gateway.routes import Route

PATHS: dict[Wire, str] = {
    "anthropic": "/anthropic/v1/messages",
    "openai-chat": "/openai/v1/chat/completions",
    "openai-responses": "/openai/v1/responses",
    "gemini": "/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent",
}


PICTURE = {"type": "base64", "media_type": "image/png", "data": "aGk="}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "aGk="}


def route_of(path: str) -> tuple[Route, str | None]:
    found = routes.find("POST", path)
    assert found is not None
    return found


def reading(wire: Wire, body: bytes) -> ModelRequest:
    path = PATHS[wire]
    route, model = route_of(path)
    return read(route, model, path, body)


def asking(wire: Wire, **fields: Any) -> ModelRequest:
    return reading(wire, json.dumps({"model": "some-model", **fields}).encode())


@pytest.mark.parametrize(
    ("wire", "fields"),
    [
        ("anthropic", {"tools": [{"name": "Bash", "input_schema": {"type": "object"}}]}),
        ("anthropic", {"tools": [{"type": "custom", "name": "Bash"}, {"type": "bash_20250124", "name": "bash"}]}),
        ("anthropic", {"tools": [{"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}]}),
        ("anthropic", {"mcp_servers": None, "tools": None}),
        (
            "anthropic",
            {"messages": [{"content": [{"type": "image", "source": PICTURE}]}]},
        ),
        # An agent that writes a file named so, or a tool with such a parameter, reaches for nothing.
        (
            "anthropic",
            {"messages": [{"content": [{"type": "tool_use", "name": "Write", "input": {"file_url": "http://x"}}]}]},
        ),
        ("anthropic", {"tools": [{"name": "Open", "input_schema": {"properties": {"file_id": {"type": "string"}}}}]}),
        ("openai-chat", {"tools": [{"type": "function", "function": {"name": "write"}}]}),
        ("openai-chat", {"messages": [{"content": [{"type": "image_url", "image_url": {"url": "data:image/png;,"}}]}]}),
        ("openai-responses", {"store": False, "tools": [{"type": "custom", "name": "apply_patch"}]}),
        ("openai-responses", {"tools": [{"type": "namespace", "tools": [{"type": "function", "name": "run"}]}]}),
        ("openai-responses", {"input": [{"type": "input_image", "image_url": "data:image/png;base64,aGk="}]}),
        ("gemini", {"tools": [{"functionDeclarations": [{"name": "read_file"}]}]}),
        ("gemini", {"contents": [{"parts": [{"functionCall": {"name": "f", "args": {"fileUri": "http://x"}}}]}]}),
    ],
)
def test_what_an_agent_needs_goes_out(wire: Wire, fields: dict[str, Any]) -> None:
    asking(wire, **fields)


@pytest.mark.parametrize(
    ("wire", "fields", "named"),
    [
        ("anthropic", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "web_search_20250305"),
        ("anthropic", {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]}, "web_fetch_20250910"),
        ("anthropic", {"tools": [{"type": "code_execution_20250825"}]}, "code_execution_20250825"),
        ("anthropic", {"tools": [{"type": "mcp_toolset"}]}, "mcp_toolset"),
        ("anthropic", {"tools": [{"type": "tool_search_tool_bm25_20251119"}]}, "tool_search_tool_bm25_20251119"),
        ("anthropic", {"mcp_servers": [{"type": "url", "url": "https://evil.example"}]}, "mcp_servers"),
        ("anthropic", {"container": "c-1"}, "container"),
        ("anthropic", {"messages": [{"content": [{"source": {"type": "url", "url": "https://x"}}]}]}, "url"),
        ("anthropic", {"messages": [{"content": [{"source": {"type": "file", "file_id": "f"}}]}]}, "file"),
        (
            "anthropic",
            {"messages": [{"content": [{"type": "tool_result", "content": [{"source": {"type": "url"}}]}]}]},
            "url",
        ),
        ("openai-chat", {"web_search_options": {}}, "web_search_options"),
        ("openai-chat", {"tools": [{"type": "web_search"}]}, "web_search"),
        ("openai-chat", {"messages": [{"content": [{"image_url": {"url": "https://x/?secret"}}]}]}, "image"),
        ("openai-chat", {"messages": [{"content": [{"file": {"file_id": "f"}}]}]}, "file_id"),
        (
            "openai-chat",
            {"messages": [{"content": [{"type": "file", "file": {"file_data": "https://x"}}]}]},
            "file_data",
        ),
        ("openai-chat", {"messages": [{"content": [{"type": "input_audio", "input_audio": {}}]}]}, "input_audio"),
        *[
            ("openai-responses", {"tools": [{"type": kind}]}, kind)
            for kind in (
                "web_search",
                "web_search_preview",
                "file_search",
                "code_interpreter",
                "mcp",
                "computer_use",
                "shell",
            )
        ],
        ("openai-responses", {"tools": [{"type": "namespace", "tools": [{"type": "mcp"}]}]}, "mcp"),
        ("openai-responses", {"tools": [{"type": "function_of_ours"}]}, "function_of_ours"),
        ("openai-responses", {"previous_response_id": "r"}, "previous_response_id"),
        ("openai-responses", {"background": True}, "background"),
        ("openai-responses", {"prompt": {"id": "p"}}, "prompt"),
        ("openai-responses", {"input": [{"type": "input_image", "image_url": "https://x"}]}, "image"),
        ("openai-responses", {"input": [{"type": "input_file", "file_url": "https://x"}]}, "file_url"),
        *[
            ("gemini", {"tools": [{kind: {}}]}, kind)
            for kind in ("googleSearch", "google_search", "urlContext", "codeExecution", "googleMaps", "fileSearch")
        ],
        ("gemini", {"contents": [{"parts": [{"fileData": {"fileUri": "https://x"}}]}]}, "fileData"),
        ("gemini", {"cachedContent": "cachedContents/1"}, "cachedContent"),
        # What would cost more than the tokens say, or more tokens than there are bytes.
        ("openai-chat", {"n": 128}, "`n`"),
        ("openai-chat", {"audio": {"voice": "x"}}, "audio"),
        ("openai-chat", {"modalities": ["text", "audio"]}, "modalities"),
        ("openai-responses", {"service_tier": "priority"}, "service_tier"),
        ("anthropic", {"speed": "fast"}, "speed"),
        ("gemini", {"generationConfig": {"candidateCount": 8}}, "candidatecount"),
        ("gemini", {"generation_config": {"candidate_count": 8}}, "candidatecount"),
        ("gemini", {"generationConfig": {"responseModalities": ["IMAGE"]}}, "responsemodalities"),
        ("gemini", {"contents": [{"parts": [{"inline_data": {"mime_type": "audio/wav"}}]}]}, "audio/wav"),
        # Tools that are offered elsewhere, or within others.
        ("openai-responses", {"input": [{"type": "additional_tools", "tools": [{"type": "mcp"}]}]}, "mcp"),
        (
            "openai-responses",
            {"input": [{"type": "tool_search_output", "tools": [{"type": "web_search"}]}]},
            "web_search",
        ),
        (
            "openai-responses",
            {"tools": [{"type": "namespace", "tools": [{"type": "namespace", "tools": [{"type": "mcp"}]}]}]},
            "mcp",
        ),
        ("openai-responses", {"type": "tool_use", "name": "x", "input": [{"file_url": "https://x"}]}, "type"),
        ("openai-responses", {"input": [{"type": "item_reference", "id": "msg_1"}]}, "item_reference"),
        ("openai-chat", {"prediction": {"type": "content"}}, "prediction"),
        ("openai-chat", {"messages": [{"content": [{"video_url": {"url": "https://x"}}]}]}, "video_url"),
        ("anthropic", {"context_management": {"edits": [{"type": "compact_20260112"}]}}, "compact_20260112"),
        ("openai-responses", {"input": [{"id": "msg_1"}]}, "type None"),
        ("openai-responses", {"input": [{"id": "msg_1", "type": None}]}, "type None"),
        ("openai-responses", {"store": True}, "store"),
        ("openai-responses", {"context_management": [{"type": "compaction"}]}, "context_management"),
        # What nobody has looked at, wherever it stands.
        ("anthropic", {"fallbacks": [{"model": "another"}]}, "fallbacks"),
        ("anthropic", {"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}, "type hologram"),
        ("anthropic", {"messages": [{"content": [{"type": "image", "source": {**PICTURE, "mirror": 1}}]}]}, "mirror"),
        ("anthropic", {"tools": [{"name": "Bash", "server_url": "https://x"}]}, "server_url"),
        ("openai-chat", {"enable_search": True}, "enable_search"),
        ("openai-chat", {"messages": [{"content": "hi", "fetch": "https://x"}]}, "fetch"),
        ("openai-responses", {"batch": {}}, "batch"),
        ("gemini", {"generationConfig": {"speechConfig": {}}}, "speechConfig"),
        ("gemini", {"contents": [{"parts": [{"executable_code": {}}]}]}, "executable_code"),
        ("gemini", {"tools": [{"functionDeclarations": [], "mcp_servers": [{}]}]}, "mcp_servers"),
        # Models that search by themselves.
        ("openai-chat", {"model": "gpt-5-search-api"}, "search"),
        ("openai-responses", {"model": "o4-mini-deep-research"}, "research"),
    ],
)
def test_what_would_reach_outside_of_the_request_does_not(wire: Wire, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Refused, match=named) as refused:
        asking(wire, **fields)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"model": "a", "model": "b"}', "twice"),
        (b'{"model": "a", "tools": [{"type": "custom", "type": "web_search_20250305"}]}', "twice"),
        (b'{"model": "a", "temperature": NaN}', "NaN"),
        (b"\xff\xfe{\x00}\x00", "no JSON"),
        (b'{"model": 7}', "names no model"),
        (b'{"tools": "all", "model": "a"}', "no list"),
        (b'{"tools": ["all"], "model": "a"}', "no JSON object"),
        (b'{"a":' * 50_000, "nested"),
        (b'{"model": "a", "system": ' + b"[" * 200 + b"]" * 200 + b"}", "nested"),
        (b'{"model": "a", "system": [' + b"{}," * 200_000 + b"{}]}", "too many parts"),
        (b'{"model": "a", "tools": [["x"]]}', "no JSON object"),
        (b'{"model": "\\ud800"}', "not as models are named"),
        (b'{"model": "a\\u0000b"}', "not as models are named"),
    ],
)
def test_a_request_that_parsers_could_read_differently_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        reading("anthropic", body)
    assert refused.value.status == 400


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["tools", "source", "type", "image_url", "model", "stream_options", "generationConfig", "messages"]
                ),
                inner,
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(sorted(PATHS)),
)
def test_no_body_breaks_the_reader(body: bytes, wire: Wire) -> None:
    try:
        reading(wire, body)
    except Refused as error:
        assert error.status in (400, 403)


@pytest.mark.parametrize(
    ("wire", "fields", "most"),
    [
        ("anthropic", {"max_tokens": 100}, 100),
        ("openai-chat", {"max_tokens": 100}, 100),
        ("openai-chat", {"max_completion_tokens": 70, "max_tokens": 100}, 70),
        ("openai-responses", {"max_output_tokens": 100}, 100),
        ("gemini", {"generationConfig": {"maxOutputTokens": 100}}, 100),
        ("anthropic", {}, None),
        ("anthropic", {"max_tokens": -1}, None),
        ("anthropic", {"max_tokens": "many"}, None),
    ],
)
def test_the_limit_of_an_answer_is_read(wire: Wire, fields: dict[str, Any], most: int | None) -> None:
    assert asking(wire, **fields).most_output == most


def test_an_image_counts_by_more_than_its_bytes() -> None:
    image = {"type": "image", "source": PICTURE}
    request = asking("anthropic", messages=[{"content": [image, image]}])
    assert request.most_input == len(request.body) + 2 * TOKENS_OF_AN_IMAGE
    assert asking("anthropic").most_input == len(asking("anthropic").body)


@pytest.mark.parametrize(
    ("wire", "fields"),
    [
        ("anthropic", {"messages": [{"content": [{"type": "document", "source": PDF}]}]}),
        ("anthropic", {"messages": [{"content": [{"type": "document", "source": {"type": "base64"}}]}]}),
        ("openai-chat", {"messages": [{"content": [{"type": "file", "file": {"file_data": "data:;"}}]}]}),
        ("openai-responses", {"input": [{"type": "input_file", "file_data": "data:application/pdf;"}]}),
        ("gemini", {"contents": [{"parts": [{"inlineData": {"mimeType": "application/pdf"}}]}]}),
        ("gemini", {"contents": [{"parts": [{"inline_data": {"mime_type": "application/pdf"}}]}]}),
    ],
)
def test_a_document_counts_as_all_that_the_model_can_read(wire: Wire, fields: dict[str, Any]) -> None:
    request = asking(wire, **fields)
    assert request.most_input is None
    price = price_of("openai", "gpt-5.4-mini")
    assert price.most(request.most_input, 0) >= price.most(400_000, 0) > price.most(len(request.body), 0)


def test_the_operator_lists_more_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalogue(), "let_through", {"anthropic": ["moods", "sigh"]})
    _words.cache_clear()
    asking("anthropic", moods=1, messages=[{"content": [{"type": "sigh", "moods": 2}]}])
    with pytest.raises(Refused, match="runs at the provider"):
        asking("anthropic", tools=[{"type": "sigh"}])
    with pytest.raises(Refused, match="moods"):
        asking("openai-chat", moods=1)
    _words.cache_clear()


@pytest.mark.parametrize(
    "fields",
    [
        {"generationConfig": {}, "generation_config": {"max_output_tokens": 8}},
        {"contents": [{"parts": [{"inlineData": {}, "inline_data": {"mime_type": "video/mp4"}}]}]},
    ],
)
def test_a_name_in_two_spellings_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="spelled in two ways"):
        asking("gemini", **fields)


def test_of_the_betas_that_an_agent_asks_for_the_harmless_go_out() -> None:
    def sent(*betas: str) -> str | None:
        settings = load(_env_file=None)
        route, _ = route_of(PATHS["anthropic"])
        return routes.headers(settings, route, {"anthropic-beta": ",".join(betas)}).get("anthropic-beta")

    assert sent("claude-code-20250219", " context-management-2025-06-27") == (
        "claude-code-20250219,context-management-2025-06-27"
    )
    assert sent("files-api-2025-04-14", "effort-2025-11-24", "what-comes-next-2027-01-01") == "effort-2025-11-24"
    assert sent("mcp-client-2025-11-20", "") is None


@pytest.mark.parametrize("wire", ["openai-chat", "openai-responses"])
def test_openai_is_told_to_keep_nothing(wire: Wire) -> None:
    assert json.loads(asking(wire).body)["store"] is False


def test_a_streamed_chat_is_asked_to_say_what_it_took() -> None:
    asked = json.loads(asking("openai-chat", stream=True, stream_options={"include_obfuscation": True}).body)
    assert asked["stream_options"] == {"include_obfuscation": True, "include_usage": True}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/anthropic/v1/messages"),
        ("POST", "/anthropic/v1/messages/batches"),
        ("POST", "/anthropic/v1/files"),
        ("POST", "/anthropic/v1/messages/../files"),
        ("POST", "/openai/v1/files"),
        ("POST", "/openai/v1/batches"),
        ("POST", "/openai/v1/vector_stores"),
        ("POST", "/openai/v1/responses/r1/cancel"),
        ("POST", "/gemini/v1beta/models/x:batchGenerateContent"),
        ("POST", "/gemini/v1beta/models/../files:generateContent"),
        ("POST", "/gemini/upload/v1beta/files"),
        ("POST", "http://evil.example/anthropic/v1/messages"),
    ],
)
def test_no_other_path_goes_out(method: str, path: str) -> None:
    assert routes.find(method, path) is None
