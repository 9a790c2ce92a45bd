"""Product pictures, drawn as SVG by code: the lab needs no photograph and no asset of anybody's."""
