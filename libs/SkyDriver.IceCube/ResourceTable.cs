using System.Globalization;

namespace SkyDriver.IceCube;

/// <summary>Numeric tables that are part of this assembly: comma separated, one header line.</summary>
internal static class ResourceTable
{
    public static IEnumerable<double[]> Rows(string name, int columns)
    {
        using Stream stream = typeof(ResourceTable).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidDataException($"The embedded table {name} is missing.");
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        while (reader.ReadLine() is { Length: > 0 } line)
        {
            string[] cells = line.Split(',');
            if (cells.Length != columns) throw new InvalidDataException($"{name}: '{line}' does not have {columns} columns.");
            yield return Array.ConvertAll(cells, cell => double.Parse(cell, CultureInfo.InvariantCulture));
        }
    }
}
