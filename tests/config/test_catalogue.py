"""Prices and defaults of `config/agents.toml`, and what follows from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.catalogue import PROVIDERS, Tokens, catalogue, default_model, price_of

MODELS = [(provider, model) for provider in PROVIDERS for model in catalogue()[provider]]


@pytest.mark.parametrize(("provider", "model"), MODELS)
def test_every_model_has_a_whole_price(provider: str, model: str) -> None:
    price = price_of(provider, model)
    for rates in filter(None, (price.rates, price.long)):
        assert 0 < rates.cached < rates.input <= rates.cache_write < rates.output
    assert price.most_output > 1000


@pytest.mark.parametrize("table", ["defaults", "cheap"])
def test_an_agent_s_own_model_has_a_price(table: str) -> None:
    known = {model for _, model in MODELS}
    assert set(catalogue()[table].values()) <= known


def test_an_agent_without_a_model_has_none() -> None:
    assert default_model("patch") is None
    assert default_model("codex") != default_model("codex", cheap=True)


def test_a_dated_name_costs_what_the_name_does() -> None:
    assert price_of("anthropic", "claude-sonnet-4-5-20250929") == price_of("anthropic", "claude-sonnet-4-5")
    assert price_of("openai", "gpt-5.4-2026-03-05") == price_of("openai", "gpt-5.4")


def test_a_model_that_nobody_wrote_down_costs_as_the_dearest() -> None:
    assert price_of("openai", "gpt-5.4-pro") == price_of("openai", "gpt-5.5")


def test_cost_is_per_million_tokens() -> None:
    price = price_of("anthropic", "claude-sonnet-4-6")
    assert price.cost(Tokens(1_000_000, 0, 0, 0)) == 3
    assert price.cost(Tokens(0, 1_000_000, 0, 0)) == pytest.approx(0.3)
    assert price.cost(Tokens(0, 0, 0, 1_000_000)) == 15


def test_a_long_request_costs_more() -> None:
    price = price_of("gemini", "gemini-2.5-pro")
    assert price.cost(Tokens(200_000)) == pytest.approx(0.25)
    assert price.cost(Tokens(200_001)) == pytest.approx(0.5, rel=1e-4)


@given(
    st.sampled_from(MODELS),
    st.integers(0, 400_000),
    st.integers(0, 400_000),
    st.integers(0, 400_000),
    st.integers(1, 128_000),
    st.none() | st.integers(1, 500_000),
)
def test_no_answer_costs_more_than_the_most(
    named: tuple[str, str], plain: int, cached: int, written: int, output: int, limit: int | None
) -> None:
    price = price_of(*named)
    tokens = Tokens(plain, cached, written, min(output, limit or output, price.most_output))
    assert price.cost(tokens) <= price.most(tokens.all_input, limit) + 1e-9
