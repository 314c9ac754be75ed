package bench

// Ten numbers, as a sensor sends them.

func flatRecord() *shape[measurement, laterMeasurement] {
	v := measurement{
		Sensor: 4711, Sequence: 90210, Time: 1727260800123456, Flags: 5, Voltage: 3.3, Current: 0.042, Temperature: 21.375, Pressure: 1013.25,
		Uptime: 86_400_000, Energy: -12_345_678_901,
	}
	return &shape[measurement, laterMeasurement]{
		name: "Flat", schema: flatSchema, later: laterFlatSchema, value: v,
		laterValue: laterMeasurement{
			Sensor: v.Sensor, Sequence: int64(v.Sequence), Time: v.Time, Voltage: v.Voltage, Current: v.Current, Temperature: v.Temperature,
			Pressure: v.Pressure, Uptime: v.Uptime, Energy: v.Energy, Humidity: 0.5,
		},
		write: appendMeasurement, read: readMeasurement, readLater: readLaterMeasurement, readValue: measurementValue,
	}
}

const flatSchema = `{
  "type": "record", "name": "Measurement", "namespace": "com.example",
  "fields": [
    {"name": "sensor", "type": "int"},
    {"name": "sequence", "type": "int"},
    {"name": "time", "type": "long"},
    {"name": "flags", "type": "int"},
    {"name": "voltage", "type": "float"},
    {"name": "current", "type": "float"},
    {"name": "temperature", "type": "double"},
    {"name": "pressure", "type": "double"},
    {"name": "uptime", "type": "long"},
    {"name": "energy", "type": "long"}
  ]
}`

// sequence has become a long, flags is gone, humidity is new.
const laterFlatSchema = `{
  "type": "record", "name": "Measurement", "namespace": "com.example",
  "fields": [
    {"name": "sensor", "type": "int"},
    {"name": "sequence", "type": "long"},
    {"name": "time", "type": "long"},
    {"name": "voltage", "type": "float"},
    {"name": "current", "type": "float"},
    {"name": "temperature", "type": "double"},
    {"name": "pressure", "type": "double"},
    {"name": "uptime", "type": "long"},
    {"name": "energy", "type": "long"},
    {"name": "humidity", "type": "double", "default": 0.5}
  ]
}`

type measurement struct {
	Sensor      int32   `avro:"sensor"`
	Sequence    int32   `avro:"sequence"`
	Time        int64   `avro:"time"`
	Flags       int32   `avro:"flags"`
	Voltage     float32 `avro:"voltage"`
	Current     float32 `avro:"current"`
	Temperature float64 `avro:"temperature"`
	Pressure    float64 `avro:"pressure"`
	Uptime      int64   `avro:"uptime"`
	Energy      int64   `avro:"energy"`
}

type laterMeasurement struct {
	Sensor      int32   `avro:"sensor"`
	Sequence    int64   `avro:"sequence"`
	Time        int64   `avro:"time"`
	Voltage     float32 `avro:"voltage"`
	Current     float32 `avro:"current"`
	Temperature float64 `avro:"temperature"`
	Pressure    float64 `avro:"pressure"`
	Uptime      int64   `avro:"uptime"`
	Energy      int64   `avro:"energy"`
	Humidity    float64 `avro:"humidity"`
}
