"""Drives mini-swe-agent by its own classes: `run.py drive_mini MODEL STEPS`, in the environment that it lies in.

Its command line takes the request as an argument, and prints for people only.
"""

import sys
from typing import Any

import litellm
from minisweagent.agents.default import DefaultAgent
from minisweagent.environments.local import LocalEnvironment
from minisweagent.models.litellm_response_model import LitellmResponseModel

from .report import done, emit, refused

SECONDS = 600  # of a command; thirty by itself, in which many tests don't end
LONGEST = 10_000  # characters of a command's output
SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
SYSTEM = "You are a software engineer with a shell."
REQUEST = (
    "{{ task }}\n\n"
    "Every answer of yours calls the tool `bash` at least once. Each command has a shell of its own, which begins in "
    "the repository; it can't ask anybody, and ends after " + str(SECONDS) + " seconds. First read what matters, then "
    "change the files, then show by the repository's own tests that it works. When all is done, call `bash` once "
    f"more, with nothing but: printf '{SUBMIT}\\n%s\\n' 'what you changed, in a few sentences'"
)
OBSERVATION = "exit code {{ output.returncode }}\n{{ output.exception_info }}\n{{ output.output }}"
QUIET = {"PAGER": "cat", "GIT_PAGER": "cat", "PIP_PROGRESS_BAR": "off", "TQDM_DISABLE": "1"}


class Asked(LitellmResponseModel):
    """A model that is heard, and whose refusals are told with their status."""

    def query(self, messages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """Asks until there is an answer."""
        answer: dict[str, Any] = super().query(messages, **more)
        for item in answer["output"]:
            for part in item.get("content") or ():
                if part.get("type") == "output_text":
                    emit("text", text=part["text"])
        return answer

    def _prepare_messages_for_api(self, messages: list[dict[str, Any]]) -> list[Any]:
        """Without what the answers left empty: not all of it has a name that the API knows."""
        return [without_nothing(message) for message in super()._prepare_messages_for_api(messages)]

    def _query(self, messages: list[dict[str, Any]], **more: Any) -> Any:
        try:
            return super()._query(messages, **more)
        except Exception as error:
            refused(error)
            raise


class Shell(LocalEnvironment):
    """Commands as events. It raises where the command was the one that ends all."""

    def execute(self, action: dict[str, Any], *rest: Any, **more: Any) -> dict[str, Any]:
        """Runs one."""
        if SUBMIT not in action["command"]:
            emit("tool_call", name="bash", text=action["command"])
        came: dict[str, Any] = super().execute(action, *rest, **more)
        said = came["output"]
        if len(said) > LONGEST:
            came["output"] = f"{said[: LONGEST // 2]}\n… much is left out …\n{said[-LONGEST // 2 :]}"
        text = "\n".join(filter(None, (came["output"], came["exception_info"])))
        emit("tool_result", text=text, failed=came["returncode"] != 0)
        return came


def without_nothing(value: Any) -> Any:
    """The value without what is None within it."""
    if isinstance(value, list):
        return [without_nothing(item) for item in value]
    if isinstance(value, dict):
        return {name: without_nothing(item) for name, item in value.items() if item is not None}
    return value


def main(name: str, most_steps: int, request: str) -> None:
    """Steps until it submits, or fails."""
    litellm.suppress_debug_info = True
    stateless = {"store": False, "include": ["reasoning.encrypted_content"]}
    model = Asked(
        model_name=name, model_kwargs=stateless, cost_tracking="ignore_errors", observation_template=OBSERVATION
    )
    agent = DefaultAgent(
        model,
        Shell(timeout=SECONDS, env=QUIET),
        system_template=SYSTEM,
        instance_template=REQUEST,
        step_limit=most_steps,
        cost_limit=0,
    )
    try:
        end = agent.run(request)
    except Exception as error:
        done("failed", "", f"{type(error).__name__}: {error}")
    else:
        told(end["exit_status"], end["submission"].strip())


def told(status: str, submission: str) -> None:
    """Only what it submits is a success."""
    if status == "Submitted":
        emit("text", text=submission)
        done("succeeded", "", submission)
    else:
        done("failed", "max_turns" if status == "LimitsExceeded" else "", status)


if __name__ == "__main__":
    main(sys.argv[2], int(sys.argv[3]), sys.stdin.read())
