namespace SkyDriver.Scan;

/// <summary>How many events belong to each of a rising series of moments, for "when was the n-th": exact up to 65,536 moments, then by
/// groups of neighbouring ones, so that memory stays bounded.</summary>
internal sealed class TimeCounts
{
    private const int MostGroups = 1 << 16;
    private readonly List<double> _times = [];
    private readonly List<long> _counts = [];
    private int _moments;
    private int _shift;

    /// <summary>Ordinal of a moment, not earlier than those before.</summary>
    public int Moment(double time)
    {
        if (_moments >> _shift == _times.Count)
        {
            if (_times.Count == MostGroups) Halve();
            if (_moments >> _shift == _times.Count)
            {
                _times.Add(time);
                _counts.Add(0);
            }
        }

        return _moments++;
    }

    public void Add(int moment) => _counts[moment >> _shift]++;

    /// <summary>Time of the n-th event (from 0) in rising order; NaN when there are not so many.</summary>
    public double FromOldest(long n)
    {
        for (int i = 0; n >= 0 && i < _times.Count; i++)
        {
            n -= _counts[i];
            if (n < 0) return _times[i];
        }

        return double.NaN;
    }

    /// <summary>Time of the n-th event (from 0) in falling order; NaN when there are not so many.</summary>
    public double FromNewest(long n)
    {
        for (int i = _times.Count - 1; n >= 0 && i >= 0; i--)
        {
            n -= _counts[i];
            if (n < 0) return _times[i];
        }

        return double.NaN;
    }

    public void Save(StateWriter writer)
    {
        writer.Write(_moments);
        writer.Write(_shift);
        writer.Write(_times.Count);
        for (int i = 0; i < _times.Count; i++)
        {
            writer.Write(_times[i]);
            writer.Write(_counts[i]);
        }
    }

    public void Load(ref StateReader reader)
    {
        _moments = reader.ReadInt32();
        _shift = reader.ReadInt32();
        for (int n = reader.ReadCount(16); n > 0; n--)
        {
            _times.Add(reader.ReadDouble());
            _counts.Add(reader.ReadInt64());
        }
    }

    private void Halve()
    {
        _shift++;
        int groups = (_times.Count + 1) / 2;
        for (int i = 0; i < groups; i++)
        {
            _times[i] = _times[2 * i];
            _counts[i] = _counts[2 * i] + (2 * i + 1 < _counts.Count ? _counts[2 * i + 1] : 0);
        }

        _times.RemoveRange(groups, _times.Count - groups);
        _counts.RemoveRange(groups, _counts.Count - groups);
    }
}
