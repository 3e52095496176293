"""How a builder gets its inputs and answers them."""
