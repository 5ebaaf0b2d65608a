using SkyDriver.Products.Drawing;

namespace SkyDriver.Products.Maps;

/// <summary>Lines of equal value over a grid of samples (marching squares), joined into runs.</summary>
internal static class IsoLines
{
    /// <param name="values">Row by row, <paramref name="columns"/> a row; infinities lie above every limit.</param>
    /// <returns>Runs of points in grid units: x = column, y = row. A closed run ends where it began.</returns>
    public static List<Point[]> Find(double[] values, int columns, double limit)
    {
        int rows = values.Length / columns;
        // A crossing is named by the grid edge that it cuts, so that pieces of neighbouring cells meet exactly.
        Dictionary<(int, int), List<(int, int)>> pieces = [];
        Span<(int, int)> cuts = stackalloc (int, int)[4];
        for (int y = 0; y + 1 < rows; y++)
        {
            for (int x = 0; x + 1 < columns; x++)
            {
                int at = (y * columns) + x, count = 0;
                bool a = values[at] <= limit, b = values[at + 1] <= limit, c = values[at + columns + 1] <= limit, d = values[at + columns] <= limit;
                if (a != b) cuts[count++] = (at, at + 1);
                if (b != c) cuts[count++] = (at + 1, at + columns + 1);
                if (d != c) cuts[count++] = (at + columns, at + columns + 1);
                if (a != d) cuts[count++] = (at, at + columns);
                if (count == 2)
                {
                    Join(pieces, cuts[0], cuts[1]);
                }
                else if (count == 4)
                {
                    // A saddle: the side of its middle decides which corners hang together.
                    bool middle = (values[at] + values[at + 1] + values[at + columns] + values[at + columns + 1]) / 4 <= limit;
                    Join(pieces, cuts[0], middle == a ? cuts[1] : cuts[3]);
                    Join(pieces, cuts[2], middle == a ? cuts[3] : cuts[1]);
                }
            }
        }

        return Chain(pieces, values, columns, limit);
    }

    private static void Join(Dictionary<(int, int), List<(int, int)>> pieces, (int, int) from, (int, int) to)
    {
        Ends(from).Add(to);
        Ends(to).Add(from);

        List<(int, int)> Ends((int, int) edge)
        {
            if (!pieces.TryGetValue(edge, out var ends)) pieces[edge] = ends = [];
            return ends;
        }
    }

    private static List<Point[]> Chain(Dictionary<(int, int), List<(int, int)>> pieces, double[] values, int columns, double limit)
    {
        List<Point[]> runs = [];
        // Open runs first, from their ends; what is left then is closed.
        foreach ((int, int) start in pieces.Where(p => p.Value.Count == 1).Select(p => p.Key).Concat(pieces.Keys).ToArray())
        {
            if (pieces[start].Count == 0) continue;
            List<Point> run = [Locate(start)];
            (int, int) at = start;
            while (pieces[at].Count > 0)
            {
                (int, int) next = pieces[at][^1];
                pieces[at].RemoveAt(pieces[at].Count - 1);
                pieces[next].Remove(at);
                run.Add(Locate(next));
                at = next;
            }

            if (run.Count > 2) runs.Add([.. run]);
        }

        return runs;

        Point Locate((int A, int B) edge)
        {
            double a = values[edge.A], b = values[edge.B];
            double share = double.IsInfinity(a) || double.IsInfinity(b) ? 0.5 : (limit - a) / (b - a);
            double ax = edge.A % columns, ay = edge.A / columns, bx = edge.B % columns, by = edge.B / columns;
            return new(ax + (share * (bx - ax)), ay + (share * (by - ay)));
        }
    }
}
