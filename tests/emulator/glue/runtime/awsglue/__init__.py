"""What a Glue script may import: the few names of `awsglue` that plain scripts use."""
