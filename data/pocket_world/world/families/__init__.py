"""The families, one drawing program a module."""

from . import building, cake, car, creature, figurine, people, tree

FAMILIES = {module.FAMILY.name: module.FAMILY for module in (tree, building, creature, car, figurine, cake, people)}
