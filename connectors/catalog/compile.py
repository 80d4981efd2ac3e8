"""Compile a catalog with the functions that the core is given."""

from connectors.catalog.quantity_functions import installed_functions
from connectors.geodesic import distance_km
from streams.functions import Functions
from streams.model.catalog import Catalog
from streams.rate.plan import Plan, compile_catalog

FUNCTIONS = Functions(distance=distance_km, quantities=installed_functions())


def compile_plan(catalog: Catalog) -> Plan:
    """What workers, scenarios and measurements rate by."""
    return compile_catalog(catalog, FUNCTIONS)
