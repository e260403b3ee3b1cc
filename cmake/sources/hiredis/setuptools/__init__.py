"""Stands in for setuptools while pip downloads: pip asks for metadata, which must not run the package's code."""
