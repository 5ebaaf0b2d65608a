using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using SkyDriver.Products.Maps;
using SkyDriver.Scan;

namespace SkyDriver.Products.Tests.Readers;

/// <summary>Products of awkward skies, and what readers that this project did not write make of them: one process of each for all tests.</summary>
public sealed class OutsideReaders : IDisposable
{
    public static readonly string[] Skies = ["plain", "north pole", "ra 0", "ra 180", "pieces", "hole", "scan"];

    private readonly string _folder = Directory.CreateTempSubdirectory("products-").FullName;
    private readonly Lazy<JsonElement> _report;

    public OutsideReaders()
    {
        foreach (string sky in Skies)
        {
            SkyScanResult result = sky == "scan" ? SyntheticSky.Result(fineNside: 512) : SyntheticSky.Result(SyntheticSky.AwkwardPixels(sky));
            LevelSet levels = sky == "plain" ? LevelSet.Alert : LevelSet.Wilks;
            Write(sky, new(result, new("pandel_mpe") { Levels = levels, EventSha256 = new string('a', 64) }), ["npz", "fits", "fits-llh", "moc", "geojson", "text", "summary", "pdf"]);
            if (sky == "pieces") Write($"{sky}/nested", new(result, new("pandel_mpe") { Levels = levels, Nested = true }), ["fits-llh"]);
        }

        _report = new(Read);
    }

    public string Folder(string sky) => Path.Combine(_folder, sky);

    /// <summary>What numpy, astropy and healpy found, by sky. The test is skipped where they are not installed.</summary>
    public JsonElement Report(string sky) => _report.Value.GetProperty(sky);

    /// <summary>Runs a program over files; the test is skipped where it is not installed.</summary>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        try
        {
            return Start(program, arguments);
        }
        catch (Win32Exception)
        {
            Assert.Skip($"no {program} on this machine");
            return "";
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string sky, ScanProducts products, string[] kinds)
    {
        Directory.CreateDirectory(Folder(sky));
        foreach (ProductFile file in products.Make(kinds.Select(kind => ProductKind.Find(kind)!))) File.WriteAllBytes(Path.Combine(Folder(sky), file.Name), file.Content);
    }

    private JsonElement Read()
    {
        string script = Path.Combine(TestPaths.Repository, "tests", "SkyDriver.Products.Tests", "Readers", "read_products.py");
        return JsonDocument.Parse(Start(Python(), [script, .. Skies.Select(Folder)])).RootElement;
    }

    /// <summary>A Python that has them; Debian keeps them with the system's own, which need not be the first on the path.</summary>
    private static string Python()
    {
        foreach (string candidate in new[] { "python3", "/usr/bin/python3" })
        {
            try
            {
                Start(candidate, ["-c", "import numpy, astropy, healpy"]);
                return candidate;
            }
            catch (Exception e) when (e is Win32Exception or InvalidOperationException)
            {
                // Not this one.
            }
        }

        Assert.Skip("no python3 with astropy and healpy on this machine");
        return "";
    }

    private static string Start(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors.Result}{output}");
    }
}
