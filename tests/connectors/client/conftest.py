"""A shop that sells calls at 0.01 each, and tokens at 0.01 for what comes out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.catalog.load import read_catalog
from streams.model.catalog import Catalog
from tests.connectors.client.shop import Shop

CATALOG = """
tenant: shop
currencies: [{code: CHF}]
usage_types:
  - {id: api_call, units: [requests]}
  - id: llm_tokens
    units: [input_tokens, cache_read_input_tokens, output_tokens, reasoning_output_tokens]
    attributes: [provider, model, depth]
policies:
  - {id: models, usage_types: [llm_tokens], attribute: model, allowed: ["m", "small", ""],
     otherwise: downgrade, instead: {model: small}}
  - {id: depth, usage_types: [llm_tokens], attribute: depth, most: 5}
  - {id: length, usage_types: [llm_tokens], when: {model: small}, unit: output_tokens, most: 70,
     otherwise: throttle}
price_plans:
  - id: plan
    currency: CHF
    offers:
      - id: calls
        product: calls
        usage_type: api_call
        from: 2020-01-01
        prices: [{per_unit: {amounts: {requests: "0.01"}}}]
      - id: tokens
        product: tokens
        usage_type: llm_tokens
        from: 2020-01-01
        prices:
          - per_unit:
              amounts:
                input_tokens: 0
                cache_read_input_tokens: 0
                output_tokens: "0.01"
                reasoning_output_tokens: "0.01"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "catalog.yaml").write_text(CATALOG)
    catalog = read_catalog(folder)
    assert isinstance(catalog, Catalog), catalog
    opened = Shop(tmp_path, catalog, "plan")
    yield opened
    opened.close()
