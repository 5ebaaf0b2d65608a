using System.Text.Json;
using SkyDriver.IceCube;

namespace SkyDriver.Reco.Tests;

/// <summary>Cleaned hits of the two shared real events, taken from their decoded reference values and not through the reader.</summary>
internal static class SharedEvents
{
    public const string Track = "138632_31747601", Cascade = "130322_1414689";

    /// <summary>Bit of the series after all cleaning steps.</summary>
    private const int CleanedBit = 32;

    public static IReadOnlyList<ModuleHits> Cleaned(string name)
    {
        using JsonDocument document = Open($"events/{name}.pulses.json");
        Assert.Equal(CleanedBit, document.RootElement.GetProperty("series").GetProperty("computed:seeded_rt+6us-deepcore").GetProperty("bit").GetInt32());
        return
        [
            .. document.RootElement.GetProperty("pulses").EnumerateArray().Where(pulse => (pulse[6].GetInt32() & CleanedBit) != 0)
                .GroupBy(pulse => (pulse[0].GetInt32(), pulse[1].GetInt32())).OrderBy(group => group.Key).Select(group => ToHits(group.Key, [.. group])),
        ];
    }

    public static Vertex Veto(string name)
    {
        using JsonDocument document = Open($"events/{name}.pulses.json");
        JsonElement vertex = document.RootElement.GetProperty("vertex"), position = vertex.GetProperty("pos_m");
        return new Vertex(position[0].GetDouble(), position[1].GetDouble(), position[2].GetDouble(), vertex.GetProperty("time_ns").GetDouble(), double.NaN);
    }

    public static double Mjd(string name)
    {
        using JsonDocument document = Open($"events/{name}.pulses.json");
        return document.RootElement.GetProperty("p_header").GetProperty("start").GetProperty("mjd").GetDouble();
    }

    public static JsonDocument Open(string path) => JsonDocument.Parse(File.ReadAllBytes(TestPaths.SharedData(path)));

    private static ModuleHits ToHits((int String, int Om) key, JsonElement[] pulses)
    {
        Assert.True(DetectorGeometry.TryGet(key.String, key.Om, out Module module));
        return new ModuleHits(key.String, key.Om, module.X, module.Y, module.Z, pulses.Min(p => p[2].GetDouble()), pulses.Sum(p => p[3].GetDouble()));
    }
}
