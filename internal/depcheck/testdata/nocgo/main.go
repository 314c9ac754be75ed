// Command nocgo makes clients as programs with cgo do. Without cgo it must not compile.
package main

import (
	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

func main() {
	_, _ = concord.NewProducer(&kafka.ConfigMap{}, concord.String(), concord.String())
	_, _ = concord.NewConsumer(&kafka.ConfigMap{}, concord.String(), concord.String())
}
