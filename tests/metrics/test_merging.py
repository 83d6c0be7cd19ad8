"""Several processes are told as one: counts are added, gauges as each family says."""

from service.metrics import families, merging
from service.metrics.ledger import Snapshot

ONE: Snapshot = {
    "lenet_images_total": {(): [3]},
    "lenet_queue_images": {(): [5]},
    "lenet_ready": {(): [1]},
    "lenet_engine_failures": {("lenet5", "1"): [2]},
    "lenet_rejections_total": {("deadline",): [1]},
    "lenet_batch_images": {(): [1, 0, 0, 0, 0, 0, 0, 2, 900]},
}
TWO: Snapshot = {
    "lenet_images_total": {(): [4]},
    "lenet_queue_images": {(): [6]},
    "lenet_ready": {(): [0]},
    "lenet_engine_failures": {("lenet5", "1"): [1], ("lenet5", "2"): [0]},
    "lenet_rejections_total": {("deadline",): [1], ("queue_full",): [7]},
    "lenet_batch_images": {(): [0, 0, 0, 0, 0, 0, 1, 1, 164]},
}


def test_the_living_are_added_up() -> None:
    assert merging.merged([(ONE, True), (TWO, True)]) == {
        "lenet_images_total": {(): [7]},
        "lenet_queue_images": {(): [11]},
        "lenet_ready": {(): [0]},
        "lenet_engine_failures": {("lenet5", "1"): [2], ("lenet5", "2"): [0]},
        "lenet_rejections_total": {("deadline",): [2], ("queue_full",): [7]},
        "lenet_batch_images": {(): [1, 0, 0, 0, 0, 0, 1, 3, 1064]},
    }


def test_what_the_dead_counted_stays_and_their_gauges_go() -> None:
    assert merging.merged([(ONE, True), (TWO, False)]) == {
        "lenet_images_total": {(): [7]},
        "lenet_queue_images": {(): [5]},
        "lenet_ready": {(): [1]},
        "lenet_engine_failures": {("lenet5", "1"): [2]},
        "lenet_rejections_total": {("deadline",): [2], ("queue_full",): [7]},
        "lenet_batch_images": {(): [1, 0, 0, 0, 0, 0, 1, 3, 1064]},
    }


def test_every_gauge_says_how_it_is_told_and_nothing_else_may() -> None:
    assert all(family.workers == "sum" for family in families.ALL if family.kind != "gauge")
