using System.Text.Json;

namespace SkyDriver.Scan.Tests;

/// <summary>Sections of data/golden/scan/units.json.</summary>
internal static class GoldenUnits
{
    public static JsonElement Section(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(TestPaths.SharedData("golden/scan/units.json")));
        return document.RootElement.GetProperty(name).Clone();
    }
}
