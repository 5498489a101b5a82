"""How an autoscaler answers to lag: the published algorithm, a consumer group as it reacts, traces to replay. Pure."""
