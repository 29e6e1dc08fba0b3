"""MLflow: the only room that imports it. What it shows is a projection of `runs/`, made again from them at will."""
