"""awsglue.context."""


class GlueContext:
    """A Spark context with its session."""

    def __init__(self, spark_context):
        from pyspark.sql import SparkSession

        self.spark_context = spark_context
        self.spark_session = SparkSession(spark_context)
