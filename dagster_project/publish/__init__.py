"""The build folder: the marts file, Parquet, the data dictionary, PostgreSQL, the site."""
