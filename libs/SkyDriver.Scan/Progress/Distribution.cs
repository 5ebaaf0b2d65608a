using System.Runtime.InteropServices;

namespace SkyDriver.Scan;

/// <summary>Durations by whole second. Gives mean, extremes and the whole seconds of the median exactly, in memory that does not grow with the count.</summary>
/// <remarks>The two values around the middle of an even count either share a second, which is then the answer, or are the largest of one
/// second and the smallest of another: so each second keeps its extremes.</remarks>
internal sealed class Distribution
{
    private const double Longest = 1e9;
    private readonly Dictionary<int, Second> _seconds = [];
    private double _sum, _carry;

    public long Count { get; private set; }

    public double Smallest { get; private set; } = double.PositiveInfinity;

    public double Largest { get; private set; } = double.NegativeInfinity;

    public double Mean => (_sum + _carry) / Count;

    /// <param name="seconds">Anything that is not a duration counts as 0, and a lifetime as 30 years.</param>
    public void Add(double seconds)
    {
        seconds = seconds > 0 ? Math.Min(seconds, Longest) : 0;
        Count++;
        AddToSum(seconds);
        Smallest = Math.Min(Smallest, seconds);
        Largest = Math.Max(Largest, seconds);
        ref Second second = ref CollectionsMarshal.GetValueRefOrAddDefault(_seconds, (int)seconds, out bool known);
        second = known
            ? new(second.Count + 1, Math.Min(second.Smallest, seconds), Math.Max(second.Largest, seconds))
            : new(1, seconds, seconds);
    }

    public void Add(Distribution other)
    {
        Count += other.Count;
        AddToSum(other._sum);
        AddToSum(other._carry);
        Smallest = Math.Min(Smallest, other.Smallest);
        Largest = Math.Max(Largest, other.Largest);
        foreach (var (whole, theirs) in other._seconds)
        {
            ref Second ours = ref CollectionsMarshal.GetValueRefOrAddDefault(_seconds, whole, out bool known);
            ours = known
                ? new(ours.Count + theirs.Count, Math.Min(ours.Smallest, theirs.Smallest), Math.Max(ours.Largest, theirs.Largest))
                : theirs;
        }
    }

    /// <summary>A value with the same whole seconds as the median.</summary>
    public double Median()
    {
        long lower = (Count - 1) / 2, upper = Count / 2, before = 0;
        double low = double.NaN;
        foreach (var (_, second) in _seconds.OrderBy(entry => entry.Key))
        {
            long next = before + second.Count;
            if (double.IsNaN(low) && lower < next)
            {
                if (upper < next) return second.Smallest;
                low = second.Largest;
            }

            if (upper < next) return (low + second.Smallest) / 2;
            before = next;
        }

        return double.NaN;
    }

    public void Save(StateWriter writer)
    {
        writer.Write(Count);
        writer.Write(_sum);
        writer.Write(_carry);
        writer.Write(Smallest);
        writer.Write(Largest);
        writer.Write(_seconds.Count);
        foreach (var (whole, second) in _seconds.OrderBy(entry => entry.Key))
        {
            writer.Write(whole);
            writer.Write(second.Count);
            writer.Write(second.Smallest);
            writer.Write(second.Largest);
        }
    }

    public void Load(ref StateReader reader)
    {
        Count = reader.ReadInt64();
        _sum = reader.ReadDouble();
        _carry = reader.ReadDouble();
        Smallest = reader.ReadDouble();
        Largest = reader.ReadDouble();
        for (int n = reader.ReadCount(28); n > 0; n--)
            _seconds[reader.ReadInt32()] = new(reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble());
    }

    // Neumaier's compensated sum: the mean of millions stays right to the last digits.
    private void AddToSum(double value)
    {
        double sum = _sum + value;
        _carry += Math.Abs(_sum) >= Math.Abs(value) ? _sum - sum + value : value - sum + _sum;
        _sum = sum;
    }

    private readonly record struct Second(long Count, double Smallest, double Largest);
}
