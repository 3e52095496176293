"""Nothing is lost, doubled, overlapping or out of order on threads that do nothing but send.

What the runtime leans on are atomic operations of lists and deques. With the GIL the interpreter makes them so; on
free-threaded Python the containers do, and threads run at the same time. This campaign is what tells.
"""

from random import Random

import pytest
from hammer import hammer, random_plan


@pytest.mark.usefixtures("slices")
@pytest.mark.parametrize("workers", [2, 3, 4, 6])
def test_graphs_that_only_send_lose_double_and_reorder_nothing(size, figure, workers):
    graphs, deliveries = size(8, 600), 0
    for seed in range(graphs):
        deliveries += hammer(random_plan(Random(seed)), workers)
    figure("graphs", graphs)
    figure("deliveries", deliveries)
