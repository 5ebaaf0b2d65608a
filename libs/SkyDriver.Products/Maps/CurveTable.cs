using System.Numerics;
using System.Runtime.CompilerServices;
using SkyDriver.Sky;

namespace SkyDriver.Products.Maps;

/// <summary>Scanned pixels of several sizes as stretches of the nested curve, each of which belongs to the finest pixel that holds it, or to
/// none: one number at the finest nside answers for all sizes.</summary>
/// <remarks>HEALPix cells nest exactly, also in rounded arithmetic: the pixel of a direction is at every nside the parent of its pixel
/// at a finer one. Memory grows with the pixels, not with their fineness.</remarks>
internal sealed class CurveTable
{
    public const int None = -1;
    private const int MostSections = 12 << 18;

    private readonly int _order, _sectionShift;
    private readonly long[] _starts;        // and the end of the last
    private readonly int[] _owners;
    private readonly int[] _sections;       // for equal parts of the curve the stretch that each begins in

    /// <param name="finest">No pixel is finer.</param>
    /// <param name="pixels">NESTED, none twice. A stretch's owner is an index of this list.</param>
    public CurveTable(int finest, IReadOnlyList<(int Nside, long Nest)> pixels)
    {
        _order = BitOperations.Log2((uint)finest);
        (_starts, _owners) = Stretches(finest, pixels);
        int sections = 12;
        _sectionShift = 2 * _order;
        for (; sections < Count && sections < MostSections && _sectionShift > 0; sections *= 4) _sectionShift -= 2;
        _sections = new int[sections + 1];
        for (int section = 0, stretch = 0; section <= sections; section++)
        {
            while (stretch + 1 < Count && _starts[stretch + 1] <= (long)section << _sectionShift) stretch++;
            _sections[section] = stretch;
        }
    }

    /// <summary>Number of stretches.</summary>
    public int Count => _owners.Length;

    /// <summary>The pixel of a stretch; <see cref="None"/> where there is none.</summary>
    public int OwnerOf(int stretch) => _owners[stretch];

    /// <param name="nest">At the finest nside.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Find(long nest)
    {
        int section = (int)(nest >> _sectionShift), low = _sections[section], high = _sections[section + 1];
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_starts[middle] <= nest) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    /// <summary>Whether a number lies in a stretch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(int stretch, long nest) => nest >= _starts[stretch] && nest < _starts[stretch + 1];

    /// <summary>How far to shift numbers to the right so that those of the largest cell around this one, of all that the stretch holds, become equal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int CellShift(int stretch, long nest)
    {
        int shift = 0;
        for (; shift < 2 * _order; shift += 2)
        {
            long first = nest >> (shift + 2) << (shift + 2);
            if (first < _starts[stretch] || first + (4L << shift) > _starts[stretch + 1]) break;
        }

        return shift;
    }

    private static (long[] Starts, int[] Owners) Stretches(int finest, IReadOnlyList<(int Nside, long Nest)> pixels)
    {
        List<long> starts = [];
        List<int> owners = [];
        (long First, long End, int Owner)[] sorted = [.. pixels.Select((p, i) => (Healpix.FirstChildNest(p.Nside, p.Nest, finest), Healpix.FirstChildNest(p.Nside, p.Nest + 1, finest), i))];
        // Where several begin, the largest first: the others lie in it.
        Array.Sort(sorted, static (a, b) => a.First != b.First ? a.First.CompareTo(b.First) : b.End.CompareTo(a.End));
        Stack<(long End, int Owner)> open = [];
        long reached = 0;
        foreach ((long first, long end, int owner) in sorted)
        {
            CloseUntil(first);
            open.Push((end, owner));
        }

        CloseUntil(Healpix.PixelCount(finest));
        return ([.. starts, reached], [.. owners]);

        void CloseUntil(long place)
        {
            while (open.TryPeek(out var inner) && inner.End <= place)
            {
                Add(inner.End, inner.Owner);
                open.Pop();
            }

            Add(place, open.TryPeek(out var rest) ? rest.Owner : None);
        }

        void Add(long end, int owner)
        {
            if (end <= reached) return;
            starts.Add(reached);
            owners.Add(owner);
            reached = end;
        }
    }
}
