using System.Runtime.InteropServices;

namespace SkyDriver.Sky;

/// <summary>Neighbouring RING numbers, both ends included.</summary>
public readonly record struct PixelRun(long First, long Last)
{
    public long Count => Last - First + 1;
}

/// <summary>Takes the runs of a query in ascending order; a struct, so that queries compile to direct calls.</summary>
internal interface IRunSink
{
    void Add(long first, long last);
}

/// <summary>Keeps runs, joining those that touch.</summary>
internal readonly struct RunSink(List<PixelRun> runs) : IRunSink
{
    public void Add(long first, long last)
    {
        if (runs.Count > 0 && runs[^1].Last == first - 1) runs[^1] = runs[^1] with { Last = last };
        else runs.Add(new(first, last));
    }
}

/// <summary>Keeps every pixel of every run.</summary>
internal readonly struct PixelSink(List<long> pixels) : IRunSink
{
    public void Add(long first, long last)
    {
        int start = pixels.Count;
        long count = start + last - first + 1;
        if (count > Array.MaxLength)
            throw new InvalidOperationException($"The disc holds more than {Array.MaxLength} pixels, too many for a list; ask for runs instead.");
        CollectionsMarshal.SetCount(pixels, (int)count);
        var added = CollectionsMarshal.AsSpan(pixels)[start..];
        for (int i = 0; i < added.Length; i++) added[i] = first + i;
    }
}
