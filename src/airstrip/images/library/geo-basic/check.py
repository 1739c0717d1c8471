"""Does what the image is for; whatever does not work ends it with a traceback."""

import tempfile
from pathlib import Path

import geopandas
import pyproj
from shapely.geometry import Point

import airstrip_pods

places = geopandas.GeoDataFrame({"city": ["Oslo", "Rome"]}, geometry=[Point(10.75, 59.91), Point(12.5, 41.9)], crs=4326)
with tempfile.TemporaryDirectory() as name:
    for file, write, read in (
        ("places.gpkg", places.to_file, geopandas.read_file),
        ("places.parquet", places.to_parquet, geopandas.read_parquet),
    ):
        path = Path(name) / file
        write(path)
        assert read(path).crs == places.crs
        assert read(path).geometry.geom_equals(places.geometry).all()
metres = places.to_crs(3857).geometry
assert 2.5e6 < metres.iloc[0].distance(metres.iloc[1]) < 4e6
circle = places.iloc[[0]].buffer(1)
assert circle.iloc[0].contains(places.geometry.iloc[0])
print("geo-basic works:", f"geopandas {geopandas.__version__}, PROJ {pyproj.proj_version_str},")
print("airstrip_pods", airstrip_pods.__version__)
