"""What pyproject.toml cannot say: wangli_messages is made from proto/ while the package is built."""

import importlib.machinery
import importlib.util
import pathlib

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = pathlib.Path(__file__).resolve().parent


def build_protos():
    loader = importlib.machinery.SourceFileLoader("build_protos", str(HERE / "build_protos"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class BuildWithMessages(build_py):
    def run(self):
        super().run()
        build_protos().build(pathlib.Path(self.build_lib))


setup(cmdclass={"build_py": BuildWithMessages})
