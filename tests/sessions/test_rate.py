from sessions.rate import Bucket


def test_a_burst_passes_and_no_more():
    bucket = Bucket(rate=20, burst=60, now=100.0)

    passed = [bucket.take(now=100.0) for _ in range(61)]

    assert passed == [True] * 60 + [False]


def test_the_bucket_fills_with_time():
    bucket = Bucket(rate=20, burst=60, now=100.0)
    for _ in range(60):
        bucket.take(now=100.0)

    assert [bucket.take(now=100.125) for _ in range(3)] == [True, True, False]


def test_a_long_silence_saves_one_burst_only():
    bucket = Bucket(rate=20, burst=2, now=100.0)

    assert [bucket.take(now=5000.0) for _ in range(3)] == [True, True, False]
