"""The site: a release goes in, pages and API answers come out. It opens nothing but the release and writes nothing."""
