"""CloudFormation: ministack's engine, with resources that are made through the public APIs of their services."""
