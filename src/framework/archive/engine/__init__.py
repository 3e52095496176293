"""One RocksDB and what protects it."""
