using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SkyDriver.Products.Drawing;

/// <summary>Covers areas of a bitmap with a colour, by the non-zero winding rule with exact horizontal and 4-fold vertical coverage, which is
/// smooth enough for line art.</summary>
internal sealed class AreaPainter(Bitmap bitmap)
{
    private const int SubRows = 4;
    private const int None = -1;

    private static ReadOnlySpan<int> Gaps => [1750, 701, 301, 132, 57, 23, 10, 4, 1];

    private readonly double[] _coverage = new double[bitmap.Width + 1];     // zero between rows
    private readonly int[] _begins = new int[bitmap.Height];        // for each row the last edge that begins there, and from there by Edge.Before
    private readonly List<Edge> _edges = [];
    private readonly List<int> _active = [];
    private double[] _crossings = new double[64];
    private int[] _windings = new int[64];

    /// <param name="polygons">Closed without their first point repeated; each adds its turns to the winding.</param>
    public void Fill(IReadOnlyList<Point[]> polygons, Rgb colour, double opacity)
    {
        if (polygons.Count == 0) return;
        double minY = double.MaxValue, maxY = double.MinValue;
        foreach (Point[] polygon in polygons)
        {
            foreach (Point p in polygon) (minY, maxY) = (Math.Min(minY, p.Y), Math.Max(maxY, p.Y));
        }

        int top = Math.Max(0, (int)Math.Floor(minY)), bottom = Math.Min(bitmap.Height - 1, (int)Math.Floor(maxY));
        if (top > bottom) return;
        FindEdges(polygons, top, bottom);
        _active.Clear();
        for (int y = top; y <= bottom; y++)
        {
            for (int edge = _begins[y]; edge != None; edge = _edges[edge].Before) _active.Add(edge);
            DropEnded(y);
            if (_active.Count > 0) FillRow(y, colour, opacity);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FindEdges(IReadOnlyList<Point[]> polygons, int top, int bottom)
    {
        _edges.Clear();
        _begins.AsSpan(top, bottom - top + 1).Fill(None);
        foreach (Point[] polygon in polygons)
        {
            for (int i = 0; i < polygon.Length; i++)
            {
                Point a = polygon[i], b = polygon[i + 1 < polygon.Length ? i + 1 : 0];
                if (a.Y == b.Y || Math.Max(a.Y, b.Y) <= top || Math.Min(a.Y, b.Y) > bottom + 1) continue;
                int winding = a.Y < b.Y ? 1 : -1;
                if (winding < 0) (a, b) = (b, a);
                ref int begins = ref _begins[Math.Clamp((int)Math.Floor(a.Y), top, bottom)];
                _edges.Add(new(a.Y, b.Y, a.X, (b.X - a.X) / (b.Y - a.Y), winding, begins));
                begins = _edges.Count - 1;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void DropEnded(int y)
    {
        Span<int> active = CollectionsMarshal.AsSpan(_active);
        ReadOnlySpan<Edge> edges = CollectionsMarshal.AsSpan(_edges);
        int kept = 0;
        foreach (int edge in active)
        {
            if (edges[edge].BottomY > y) active[kept++] = edge;
        }

        CollectionsMarshal.SetCount(_active, kept);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillRow(int y, Rgb colour, double opacity)
    {
        int first = bitmap.Width, last = -1;
        for (int sub = 0; sub < SubRows; sub++)
        {
            int count = Cross(y + ((sub + 0.5) / SubRows));
            if (count == 0) continue;
            (first, last) = (Math.Min(first, Inside(_crossings[0])), Math.Max(last, Inside(_crossings[count - 1])));
            Cover(count);
        }

        for (int x = first; x <= last; x++)
        {
            double covered = _coverage[x];
            if (covered > 0 && x < bitmap.Width) bitmap.Blend(x, y, colour, Math.Min(1, covered / SubRows) * opacity);
            _coverage[x] = 0;
        }
    }

    private int Inside(double x) => (int)Math.Clamp(x, 0, bitmap.Width);

    /// <summary>Where edges cross a height, from left to right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Cross(double at)
    {
        if (_crossings.Length < _active.Count) (_crossings, _windings) = (new double[2 * _active.Count], new int[2 * _active.Count]);
        Span<double> crossings = _crossings;
        Span<int> windings = _windings;
        int count = 0;
        ReadOnlySpan<Edge> edges = CollectionsMarshal.AsSpan(_edges);
        foreach (int i in CollectionsMarshal.AsSpan(_active))
        {
            ref readonly Edge edge = ref edges[i];
            if (at < edge.TopY || at >= edge.BottomY) continue;
            double x = edge.X + ((at - edge.TopY) * edge.Slope);
            (crossings[count], windings[count]) = (x, edge.Winding);
            count++;
        }

        Sort(crossings[..count], windings);
        return count;
    }

    // D. L. Shell's sort with M. Ciura's gaps: a few crossings in most rows, thousands where a contour runs along one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sort(Span<double> crossings, Span<int> windings)
    {
        foreach (int gap in Gaps)
        {
            for (int i = gap; i < crossings.Length; i++)
            {
                (double crossing, int winding) = (crossings[i], windings[i]);
                int place = i;
                for (; place >= gap && crossings[place - gap] > crossing; place -= gap) (crossings[place], windings[place]) = (crossings[place - gap], windings[place - gap]);
                (crossings[place], windings[place]) = (crossing, winding);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Cover(int count)
    {
        int winding = 0, width = bitmap.Width;
        for (int i = 0; i + 1 < count; i++)
        {
            winding += _windings[i];
            if (winding == 0) continue;
            double from = Math.Clamp(_crossings[i], 0, width), to = Math.Clamp(_crossings[i + 1], 0, width);
            int first = (int)from, last = (int)to;
            if (first == last)
            {
                _coverage[first] += to - from;
                continue;
            }

            _coverage[first] += first + 1 - from;
            for (int x = first + 1; x < last; x++) _coverage[x] += 1;
            _coverage[last] += to - last;
        }
    }

    private readonly record struct Edge(double TopY, double BottomY, double X, double Slope, int Winding, int Before);
}
