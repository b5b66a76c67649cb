"""Templates of houses, a YAML file each; sim/house_template.py reads them."""
