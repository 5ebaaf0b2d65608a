namespace SkyDriver.Scan;

/// <summary>Times of the accepted recos: constant cost per reco, everything else is worked out when a report asks.</summary>
internal sealed class RecoStats(int steps)
{
    private const double Recent = 0.05;
    private readonly NsideTimes[] _times = [.. Enumerable.Range(0, steps).Select(_ => new NsideTimes())];
    private readonly TimeCounts _sends = new(), _arrivals = new();
    private int _arrivalMoment = -1;

    /// <summary>Accepted recos that a worker really made; those set aside have no times.</summary>
    public long Count { get; private set; }

    /// <summary>When the first worker began, unix s, supposing that its answer came back at once.</summary>
    public double FirstWorkerStart { get; private set; }

    /// <summary>Recent seconds of work per reco; 0 before the first.</summary>
    public double RecentRuntime { get; private set; }

    /// <summary>unix s; −∞ before the first.</summary>
    public double LastArrival { get; private set; } = double.NegativeInfinity;

    public NsideTimes this[int step] => _times[step];

    public int Sent(double now) => _sends.Moment(now);

    /// <param name="sentAt">unix s; NaN when this ledger does not know of the publication.</param>
    /// <param name="batch">Ordinal of that moment, or -1.</param>
    /// <returns>Whether it was the first of its nside.</returns>
    public bool Arrived(int step, double runtime, double sentAt, int batch, double now)
    {
        runtime = runtime > 0 && double.IsFinite(runtime) ? runtime : 0;
        if (double.IsNaN(sentAt)) sentAt = Math.Max(0, now - runtime);
        if (Count++ == 0)
        {
            FirstWorkerStart = now - runtime;
            RecentRuntime = runtime;
        }

        RecentRuntime += Recent * (runtime - RecentRuntime);
        if (_arrivalMoment < 0 || now > LastArrival) _arrivalMoment = _arrivals.Moment(now);
        _arrivals.Add(_arrivalMoment);
        LastArrival = now;
        _sends.Add(batch >= 0 ? batch : _sends.Moment(sentAt));
        _times[step].Add(runtime, sentAt, now);
        return _times[step].Runtimes.Count == 1;
    }

    public NsideTimes All()
    {
        var all = new NsideTimes();
        foreach (NsideTimes times in _times) all.Add(times);
        return all;
    }

    /// <summary>Arrival of the n-th reco (from 0), unix s; NaN when there were not so many.</summary>
    public double Arrival(long n) => _arrivals.FromOldest(n);

    /// <summary>When the n-th newest (from 0) of the answered variations was sent, unix s; NaN when there are not so many.</summary>
    public double NewestSend(long n) => _sends.FromNewest(n);

    public void Save(StateWriter writer)
    {
        writer.Write(Count);
        writer.Write(FirstWorkerStart);
        writer.Write(RecentRuntime);
        writer.Write(LastArrival);
        writer.Write(_arrivalMoment);
        _sends.Save(writer);
        _arrivals.Save(writer);
        foreach (NsideTimes times in _times) times.Save(writer);
    }

    public void Load(ref StateReader reader)
    {
        Count = reader.ReadInt64();
        FirstWorkerStart = reader.ReadDouble();
        RecentRuntime = reader.ReadDouble();
        LastArrival = reader.ReadDouble();
        _arrivalMoment = reader.ReadInt32();
        _sends.Load(ref reader);
        _arrivals.Load(ref reader);
        foreach (NsideTimes times in _times) times.Load(ref reader);
    }
}

/// <summary>Times of one nside, or of all.</summary>
internal sealed class NsideTimes
{
    /// <summary>s on the workers.</summary>
    public Distribution Runtimes { get; } = new();

    /// <summary>s from first publication to arrival, with whatever time was lost on workers that died.</summary>
    public Distribution RoundTrips { get; } = new();

    /// <summary>unix s, of the answered variations.</summary>
    public double FirstSend { get; private set; } = double.PositiveInfinity;

    /// <summary>unix s.</summary>
    public double LastArrival { get; private set; } = double.NegativeInfinity;

    public void Add(double runtime, double sentAt, double now)
    {
        Runtimes.Add(runtime);
        RoundTrips.Add(now - sentAt);
        FirstSend = Math.Min(FirstSend, sentAt);
        LastArrival = Math.Max(LastArrival, now);
    }

    public void Add(NsideTimes other)
    {
        Runtimes.Add(other.Runtimes);
        RoundTrips.Add(other.RoundTrips);
        FirstSend = Math.Min(FirstSend, other.FirstSend);
        LastArrival = Math.Max(LastArrival, other.LastArrival);
    }

    public void Save(StateWriter writer)
    {
        Runtimes.Save(writer);
        RoundTrips.Save(writer);
        writer.Write(FirstSend);
        writer.Write(LastArrival);
    }

    public void Load(ref StateReader reader)
    {
        Runtimes.Load(ref reader);
        RoundTrips.Load(ref reader);
        FirstSend = reader.ReadDouble();
        LastArrival = reader.ReadDouble();
    }
}
