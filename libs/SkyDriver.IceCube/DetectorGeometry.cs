using System.Globalization;

namespace SkyDriver.IceCube;

/// <summary>An in-ice optical module: string 1 to 86, om 1 to 60, position in m (IceCube coordinates).</summary>
public readonly record struct Module(int String, int Om, double X, double Y, double Z);

/// <summary>Module positions of the completed detector (86 strings of 60). The surface tanks, om 61 to 64, are not in it.</summary>
/// <remarks>An event carries only differences to a detector description that it does not hold; hence this table.</remarks>
public static class DetectorGeometry
{
    public const int StringCount = 86;
    public const int ModulesPerString = 60;

    /// <summary>Strings above this one are DeepCore's: denser, and left out of the online cleaning.</summary>
    public const int LastStandardString = 78;

    private static readonly Module[] Table = Load();

    /// <summary>All 5160 modules, ordered by (string, om).</summary>
    public static IReadOnlyList<Module> Modules => Table;

    /// <summary>False for surface tanks and for numbers the detector does not have.</summary>
    public static bool TryGet(int @string, int om, out Module module)
    {
        bool known = @string is >= 1 and <= StringCount && om is >= 1 and <= ModulesPerString;
        module = known ? Table[(@string - 1) * ModulesPerString + om - 1] : default;
        return known;
    }

    private static Module[] Load()
    {
        var modules = new Module[StringCount * ModulesPerString];
        int row = 0;
        foreach (double[] cells in ResourceTable.Rows("ic86.csv", columns: 5))
        {
            var module = new Module((int)cells[0], (int)cells[1], cells[2], cells[3], cells[4]);
            if (row != (module.String - 1) * ModulesPerString + module.Om - 1)
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"ic86.csv: row {row} is out of order."));
            modules[row++] = module;
        }

        return row == modules.Length ? modules : throw new InvalidDataException($"ic86.csv has {row} rows, not {modules.Length}.");
    }
}
