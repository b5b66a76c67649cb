"""Templates of houses, a YAML file each; sim/house/house_template.py reads them."""
