"""Puts off what moto prepares when it is imported or first called, and hardly ever uses.

Packages are real and complete when something of them is used. Measured on one idle core: `moto.ec2` takes
1.1 s (ECS needs it for clusters of EC2 instances only), `openapi_spec_validator` half a second (for imports
with `failonwarnings`). A third of a service's first call goes into functions that build URLs, which werkzeug
compiles for each route.
"""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType
from typing import Any

from werkzeug.routing import Rule

DEFERRED: Mapping[str, Mapping[str, str]] = {
    "moto.ec2": {"ec2_backends": "moto.ec2.models"},
    "openapi_spec_validator": {"validate": "openapi_spec_validator.shortcuts"},
    "openapi_spec_validator.validation": {},
}
"""Packages, and of the names that others take from them at import those that can wait, with their modules."""

LEFT_OUT = {"isoduration"}
"""Optional packages that are as good as not installed: jsonschema, which imports them, goes on without."""

LOADING = RLock()

IMPORTING = RLock()
"""Held while a service or moto's part of it is imported: moto's modules import each other in circles, which
two threads at once may see half made."""


@contextmanager
def importing() -> Iterator[None]:
    """Hold `IMPORTING`, without collections of garbage: thousands of objects are made, and all of them stay.
    Later collections leave them out, too."""
    with IMPORTING:
        gc.disable()
        try:
            yield
        finally:
            gc.freeze()
            gc.enable()


def defer_imports() -> None:
    """From now on import `DEFERRED` when they are used, and `LEFT_OUT` never."""
    if not any(isinstance(finder, Deferring) for finder in sys.meta_path):
        sys.meta_path.insert(0, Deferring())


def complete(package: str) -> None:
    """Import what of `package` is deferred, if it is: what is asked of it from now on is no promise."""
    for module in DEFERRED.get(package, {}).values():
        import_module(module)


def defer_url_builders() -> None:
    """From now on let a route of werkzeug's compile what builds its URLs when it builds one."""
    compile_builder = Rule._compile_builder

    def when_used(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        def build(bound: Rule, **values: Any) -> tuple[str, str]:
            return compile_builder(bound, append_unknown)(bound, **values)

        return build

    Rule._compile_builder = when_used  # type: ignore[method-assign,assignment]


class Deferring(MetaPathFinder):
    """Finds what is deferred, and says that what is left out is not there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in LEFT_OUT:
            raise ModuleNotFoundError(f"{fullname} is left out", name=fullname)
        if fullname not in DEFERRED:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = DeferringLoader(spec.loader)
        return spec


class DeferringLoader(Loader):
    """Makes a package without running it; its files are read as `loader` reads them."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = DeferredPackage


class DeferredPackage(ModuleType):
    """A package that runs when a name is asked of it that cannot wait."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if (module := DEFERRED[self.__name__].get(name)) is not None:
            return getattr(sys.modules[module], name) if module in sys.modules else Promise(module, name)
        with LOADING:
            if isinstance(self, DeferredPackage):
                assert self.__spec__ is not None and isinstance(self.__spec__.loader, DeferringLoader)
                object.__setattr__(self, "__class__", ModuleType)
                self.__spec__.loader.loader.exec_module(self)
        return getattr(self, name)


class Promise:
    """`name` of `module`, which is imported when this is called, or looked into."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def _kept(self) -> Any:
        return getattr(import_module(self._module), self._name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept(), name)

    def __getitem__(self, key: Any) -> Any:
        return self._kept()[key]

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._kept()(*arguments, **named)
