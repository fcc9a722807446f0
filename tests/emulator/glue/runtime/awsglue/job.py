"""awsglue.job."""


class Job:
    """Job bookmarks, of which there are none here."""

    def __init__(self, glue_context):
        self.glue_context = glue_context

    def init(self, job_name, args=None):
        """Begins."""

    def commit(self):
        """Ends."""
