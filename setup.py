"""Where each package of the distribution lies: the import name `cca` is the folder include/."""

from setuptools import find_packages, setup

ROOTS = {"cca": "include", "cca.dashboards": "dashboards", "cca.demo": "demo"}

setup(
    package_dir=ROOTS,
    packages=[
        name
        for root, folder in ROOTS.items()
        for name in (root, *(f"{root}.{below}" for below in find_packages(folder)))
    ],
)
