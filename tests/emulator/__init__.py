"""A local AWS for the tests of bucketscope: ministack with its gaps closed. See README.md."""
