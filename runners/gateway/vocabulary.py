"""The words that a request may be made of, for each protocol. What is not here does not go out.

So the next thing that a provider learns to fetch, call or run is none that our agents can ask it for before somebody
has looked at it and written its name down here. Harmless names can be added in `config/agents.toml`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from config.catalogue import let_through
from runners.agents.adapter import Wire

T = TypeVar("T")

DATED = re.compile(r"_\d{8}$")  # Anthropic dates its own: `bash_20250124` is written `bash_` here


@dataclass(frozen=True)
class Vocabulary:
    """One protocol's words. `fields` stand at the top, `names` in any object below, `data` in none that is looked at.

    `types` are what an object may say that it is, `tools` what a tool may: one that runs in the sandbox.
    """

    fields: str
    names: str
    data: str
    types: str = ""
    tools: str = ""
    spelled_freely: bool = False  # each name as `camelCase` and as `snake_case`

    def plain(self, name: str) -> str:
        """The name in the one spelling that counts."""
        return name.replace("_", "").lower() if self.spelled_freely else name

    def plainly(self, part: dict[str, T]) -> dict[str, T]:
        """The object with its names in that spelling."""
        return {self.plain(name): value for name, value in part.items()} if self.spelled_freely else part

    def words(self, wire: Wire) -> "Words":
        """Ready to be asked, with what the operator added."""
        added = let_through(wire)
        fields, names, data = (
            frozenset(map(self.plain, [*words.split(), *more]))
            for words, more in ((self.fields, added), (f"{self.names} {self.data}", added), (self.data, []))
        )
        tools = frozenset(self.tools.split())
        return Words(fields, names, data, frozenset([*self.types.split(), *added]) | tools, tools)


@dataclass(frozen=True)
class Words:
    """A vocabulary as sets."""

    fields: frozenset[str]
    names: frozenset[str]
    data: frozenset[str]
    types: frozenset[str]
    tools: frozenset[str]


def undated(kind: str) -> str:
    """The type without its date."""
    return DATED.sub("_", kind)


VOCABULARIES: Mapping[Wire, Vocabulary] = {
    # https://platform.claude.com/docs/en/api/messages
    "anthropic": Vocabulary(
        fields="model messages max_tokens system metadata stop_sequences stream temperature top_p top_k tools "
        "tool_choice thinking service_tier output_config output_format context_management context_hint diagnostics "
        "cache_control speed inference_geo",
        names="type role content text cache_control ttl scope source media_type title context id name tool_use_id "
        "is_error thinking signature tool_name description strict defer_loading eager_input_streaming allowed_callers "
        "caller max_characters disable_parallel_tool_use budget_tokens display effort format task_budget total "
        "remaining edits keep trigger value clear_at_least exclude_tools clear_tool_inputs enabled target_tokens_saved "
        "previous_message_id connector_text",
        data="input input_schema input_examples schema metadata citations data",
        types="text image document tool_use tool_result thinking redacted_thinking tool_reference search_result "
        "connector_text base64 content ephemeral enabled disabled adaptive auto any tool none json_schema direct "
        "clear_thinking_ clear_tool_uses_ input_tokens tool_uses thinking_turns all tokens",
        tools="custom bash_ text_editor_ memory_",
    ),
    # https://developers.openai.com/api/reference/resources/chat
    "openai-chat": Vocabulary(
        fields="model messages max_tokens max_completion_tokens stream stream_options temperature top_p top_k min_p "
        "frequency_penalty presence_penalty repetition_penalty logit_bias logprobs top_logprobs n seed stop user "
        "safety_identifier metadata tools tool_choice parallel_tool_calls functions function_call response_format "
        "reasoning_effort reasoning thinking enable_thinking verbosity modalities service_tier store prompt_cache_key "
        "prompt_cache_retention",
        names="role content name tool_calls tool_call_id function_call refusal reasoning_content reasoning "
        "reasoning_text reasoning_opaque id type function arguments index custom input text image_url url detail file "
        "file_data filename cache_control ttl description strict format grammar syntax definition json_schema "
        "include_usage include_obfuscation mode allowed_tools tools thinking signature budget_tokens effort enabled "
        "max_tokens exclude",
        data="parameters schema metadata logit_bias annotations",
        types="text image_url refusal file thinking json_schema json_object grammar allowed_tools ephemeral enabled "
        "disabled auto",
        tools="function custom",
    ),
    # https://developers.openai.com/api/reference/resources/responses
    "openai-responses": Vocabulary(
        fields="model input instructions max_output_tokens stream stream_options temperature top_p top_logprobs user "
        "safety_identifier metadata client_metadata tools tool_choice parallel_tool_calls max_tool_calls reasoning "
        "text include truncation service_tier store background prompt_cache_key prompt_cache_retention",
        names="type role content text id status name call_id input output namespace phase summary encrypted_content "
        "image_url detail filename file_data refusal action command timeout_ms user working_directory operation path "
        "diff execution tools description strict format syntax definition defer_loading effort context "
        "generate_summary mode verbosity include_obfuscation max_output_length created_by end_turn",
        data="parameters schema metadata client_metadata annotations logprobs arguments env",
        types="message input_text output_text input_image input_file refusal reasoning reasoning_text summary_text "
        "function_call function_call_output custom_tool_call custom_tool_call_output local_shell_call "
        "local_shell_call_output exec apply_patch_call apply_patch_call_output create_file update_file delete_file "
        "tool_search_call tool_search_output additional_tools text json_schema json_object grammar allowed_tools",
        tools="function custom local_shell apply_patch namespace",
    ),
    # https://ai.google.dev/api/generate-content
    "gemini": Vocabulary(
        fields="model contents systemInstruction tools toolConfig safetySettings generationConfig",
        names="role parts text thought thoughtSignature functionCall functionResponse name id willContinue scheduling "
        "inlineData mimeType data displayName functionDeclarations description behavior functionCallingConfig mode "
        "allowedFunctionNames streamFunctionCallArguments category threshold temperature topP topK candidateCount "
        "maxOutputTokens stopSequences responseMimeType presencePenalty frequencyPenalty seed thinkingConfig "
        "includeThoughts thinkingBudget thinkingLevel responseModalities responseLogprobs logprobs mediaResolution "
        "level",
        data="args response parameters parametersJsonSchema responseSchema responseJsonSchema",
        spelled_freely=True,
    ),
}
