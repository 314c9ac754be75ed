package bench

func appendMeasurement(b []byte, m *measurement) ([]byte, error) {
	b = appendLong(b, int64(m.Sensor))
	b = appendLong(b, int64(m.Sequence))
	b = appendLong(b, m.Time)
	b = appendLong(b, int64(m.Flags))
	b = appendFloat(b, m.Voltage)
	b = appendFloat(b, m.Current)
	b = appendDouble(b, m.Temperature)
	b = appendDouble(b, m.Pressure)
	b = appendLong(b, m.Uptime)
	return appendLong(b, m.Energy), nil
}

func readMeasurement(payload []byte, _ strategy, m *measurement) error {
	r := reading{b: payload}
	m.Sensor = r.int()
	m.Sequence = r.int()
	m.Time = r.long()
	m.Flags = r.int()
	m.Voltage = r.float()
	m.Current = r.float()
	m.Temperature = r.double()
	m.Pressure = r.double()
	m.Uptime = r.long()
	m.Energy = r.long()
	return r.end()
}

func readLaterMeasurement(payload []byte, _ strategy, m *laterMeasurement) error {
	r := reading{b: payload}
	m.Sensor = r.int()
	m.Sequence = int64(r.int())
	m.Time = r.long()
	r.int()
	m.Voltage = r.float()
	m.Current = r.float()
	m.Temperature = r.double()
	m.Pressure = r.double()
	m.Uptime = r.long()
	m.Energy = r.long()
	m.Humidity = 0.5
	return r.end()
}

func measurementValue(payload []byte) (map[string]any, error) {
	r := reading{b: payload}
	m := make(map[string]any, 10)
	m["sensor"] = r.int()
	m["sequence"] = r.int()
	m["time"] = r.long()
	m["flags"] = r.int()
	m["voltage"] = r.float()
	m["current"] = r.float()
	m["temperature"] = r.double()
	m["pressure"] = r.double()
	m["uptime"] = r.long()
	m["energy"] = r.long()
	return m, r.end()
}
