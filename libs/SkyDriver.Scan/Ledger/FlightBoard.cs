namespace SkyDriver.Scan;

/// <summary>Variations that were published and not yet answered. Memory follows what is in flight, not what was ever sent.</summary>
internal sealed class FlightBoard
{
    private readonly Dictionary<VariationKey, Flight> _flights = [];
    private readonly Queue<(VariationKey Key, long Departure)> _departures = new();
    private long _departed;
    private int _waiting;

    /// <summary>How many are with workers or the broker.</summary>
    public int InFlight => _flights.Count - _waiting;

    public bool IsInFlight(VariationKey key) => TryFind(key, out _);

    /// <summary>False when it is queued, landed or was never published.</summary>
    public bool TryFind(VariationKey key, out Flight flight) => _flights.TryGetValue(key, out flight) && !flight.Waiting;

    /// <summary>Takes off: for the first time, or again after it was called back.</summary>
    /// <param name="batch">Ordinal of the send time in the statistics; kept from the first publication.</param>
    public void Publish(VariationKey key, double now, int batch)
    {
        long departure = ++_departed;
        if (_flights.TryGetValue(key, out Flight flight))
        {
            _waiting--;
            _flights[key] = flight with { SentAt = now, Departure = departure, Publications = flight.Publications + 1, Waiting = false };
        }
        else
        {
            _flights[key] = new(now, now, batch, 1, 0, false, departure);
        }

        _departures.Enqueue((key, departure));
    }

    /// <summary>Takes a variation off the board.</summary>
    public bool Land(VariationKey key, out Flight flight)
    {
        if (!_flights.Remove(key, out flight)) return false;
        if (flight.Waiting) _waiting--;
        Tidy();
        return true;
    }

    /// <summary>Marks a variation as queued again; false if it already is, or was never published.</summary>
    /// <param name="counts">Whether this speaks against the variation: there were workers to answer it.</param>
    public bool CallBack(VariationKey key, bool counts, out Flight flight)
    {
        if (!_flights.TryGetValue(key, out flight) || flight.Waiting) return false;
        _waiting++;
        flight = flight with { Waiting = true, Misses = flight.Misses + (counts ? 1 : 0) };
        _flights[key] = flight;
        return true;
    }

    /// <summary>The variation published longest ago. Costs the same however many are in flight.</summary>
    public bool TryOldest(out VariationKey key, out Flight flight)
    {
        Tidy();
        flight = default;
        bool found = _departures.TryPeek(out var oldest) && _flights.TryGetValue(oldest.Key, out flight);
        key = oldest.Key;
        return found;
    }

    public void Save(StateWriter writer)
    {
        // In order of departure, so that a restored board sweeps in the same order.
        Tidy();
        writer.Write(_flights.Count);
        foreach (var (key, departure) in _departures)
        {
            if (_flights.TryGetValue(key, out Flight flight) && IsLive(flight, departure)) Save(writer, key, flight);
        }

        foreach (var (key, flight) in _flights.Where(entry => entry.Value.Waiting).OrderBy(entry => entry.Key.Value)) Save(writer, key, flight);
    }

    public void Load(ref StateReader reader)
    {
        for (int n = reader.ReadCount(37); n > 0; n--)
        {
            var key = new VariationKey(reader.ReadInt64());
            var flight = new Flight(
                reader.ReadDouble(), reader.ReadDouble(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadBoolean(), ++_departed);
            _flights[key] = flight;
            if (flight.Waiting) _waiting++;
            else _departures.Enqueue((key, flight.Departure));
        }
    }

    private static void Save(StateWriter writer, VariationKey key, in Flight flight)
    {
        writer.Write(key.Value);
        writer.Write(flight.FirstSentAt);
        writer.Write(flight.SentAt);
        writer.Write(flight.Batch);
        writer.Write(flight.Publications);
        writer.Write(flight.Misses);
        writer.Write(flight.Waiting);
    }

    private static bool IsLive(in Flight flight, long departure) => !flight.Waiting && flight.Departure == departure;

    // Entries whose variation landed, or took off again later, are dead; each is passed over once.
    private void Tidy()
    {
        while (_departures.TryPeek(out var oldest) && !(_flights.TryGetValue(oldest.Key, out Flight flight) && IsLive(flight, oldest.Departure)))
            _departures.Dequeue();
    }

    /// <param name="FirstSentAt">Of the first publication, unix s.</param>
    /// <param name="SentAt">Of the latest publication, unix s.</param>
    /// <param name="Batch">Ordinal of the first send time in the statistics.</param>
    /// <param name="Publications">How often it was published.</param>
    /// <param name="Misses">How often it was not answered although workers answered others; see <see cref="ScanPlan.MaxPublications"/>.</param>
    /// <param name="Waiting">Queued to be published again.</param>
    /// <param name="Departure">Ordinal of the latest publication.</param>
    internal readonly record struct Flight(
        double FirstSentAt, double SentAt, int Batch, int Publications, int Misses, bool Waiting, long Departure);
}
