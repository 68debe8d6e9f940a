"""One file a provider: how to serve it fresh, how to authorise a request, which oddities are the vendor's.

A module here is named as its provider with `-` as `_` and has one constant, TARGET.
"""

from importlib import import_module

from contracts.fuzz.target import Target, Unfit
from contracts.participants import API_PROVIDERS


def target(provider: str) -> Target:
    """The target of a provider; raises Unfit with one sentence for an unknown one."""
    if provider not in API_PROVIDERS:
        known = ", ".join(API_PROVIDERS)
        raise Unfit(f"There is no provider {provider} with an API; the known ones are {known}.")
    name = f"{__name__}.{provider.replace('-', '_')}"
    try:
        module = import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name != name:
            raise
        raise Unfit(f"{provider} has no target in contracts/fuzz/targets yet; add one.") from problem
    found: Target = module.TARGET
    return found
