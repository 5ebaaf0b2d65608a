using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using SkyDriver.Client;
using SkyDriver.Contracts;
using SkyDriver.Products;
using SkyDriver.Reco;
using SkyDriver.Sky;

namespace SkyDriver.Cli.Commands;

/// <summary>What a person, or a script, sees of a scan. Progress goes to the error output, so that the document alone is on the other.</summary>
internal sealed class ScanReport(ScanJob job, bool json)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly long _start = TimeProvider.System.GetTimestamp();

    private TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_start);

    public void Say(string what)
    {
        if (!json) Console.Error.WriteLine($"{what} ...");
    }

    /// <param name="onLook">Called before each look is shown; what it throws ends the watch.</param>
    public Task<ScanManifest> FollowAsync(IAsyncEnumerable<ScanSight> sights, Action onLook) =>
        json ? ProgressDisplay.FollowAsync(sights, _ => { }, onLook) : ProgressDisplay.ShowAsync(sights, onLook);

    public void Finish(ScanManifest manifest, ScanProducts products, IReadOnlyList<string> files)
    {
        ScanNumbers numbers = ScanNumbers.Of(manifest);
        // Null when the event cannot be fitted, or nothing was.
        JsonElement? opinions = ScanNumbers.Find(manifest.Progress, "opinions");
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(Document(manifest, products, opinions, numbers, files), Indented));
            return;
        }

        SkyPoint best = products.BestFit;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            run {job.Event.RunId}, event {job.Event.EventId}, MJD {job.Event.Mjd:0.00000}, {job.RecoAlgo}
              best fit   RA {Degrees(best.RightAscension):0.000}°  Dec {Degrees(best.Declination):+0.000;-0.000}°  (J2000)   -lnL {products.Map.Best.Llh:0.00}
              50 % area  {products.Fifty.SquareDegrees:0.###} deg²     90 % area  {products.Ninety.SquareDegrees:0.###} deg²   ({products.Levels.Name} limits, {products.Levels.Origin})
              {products.Map.Pixels} pixels, {numbers.Done} reconstructions, {Elapsed.TotalSeconds:0.0} s
            """));
        if (Truth() is { } truth) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  truth      RA {Degrees(truth.RightAscension):0.000}°  Dec {Degrees(truth.Declination):+0.000;-0.000}°            {Degrees(truth.AngleTo(best)):0.00}° from the best fit"));
        if (products.Caution is { } coarse) Console.WriteLine($"  caution    {coarse}");
        if (opinions is { } look) Warn(look);
        if (manifest.Lifecycle.SetAside > 0) Console.WriteLine($"  {manifest.Lifecycle.SetAside} variations were set aside after failing on three workers");
        foreach (string file in files) Console.WriteLine($"  {Path.GetRelativePath(Environment.CurrentDirectory, file)}");
    }

    private object Document(ScanManifest manifest, ScanProducts products, JsonElement? opinions, ScanNumbers numbers, IReadOnlyList<string> files)
    {
        SkyPoint best = products.BestFit;
        LocalDirection local = IceCubeFrame.ToLocal(best, job.Event.Mjd);
        return new
        {
            scan_id = manifest.ScanId,
            run_id = job.Event.RunId,
            event_id = job.Event.EventId,
            best_fit = new { ra_deg = Degrees(best.RightAscension), dec_deg = Degrees(best.Declination), zenith_rad = local.Zenith, azimuth_rad = local.Azimuth, llh = products.Map.Best.Llh },
            areas_deg2 = new Dictionary<string, object> { ["50"] = products.Fifty.SquareDegrees, ["90"] = products.Ninety.SquareDegrees, ["levels"] = products.Levels.Name },
            caution = products.Caution,
            pixels = products.Map.Pixels,
            recos = numbers.Done,
            opinions,
            wall_seconds = Math.Round(Elapsed.TotalSeconds, 3),
            files,
        };
    }

    /// <summary>Says only what makes the map doubtful.</summary>
    private void Warn(JsonElement opinions)
    {
        if (opinions.GetProperty("differ").GetBoolean()) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  caution    pandel_mpe and pandel_spe have their minima {Number("separation_deg"):0.0}° apart; neither region is to be trusted without a look"));
        bool forCascades = RecoCatalog.TryGet(job.RecoAlgo, out RecoAlgorithm? algorithm) && algorithm.Shape == EventShape.Cascade;
        if (opinions.GetProperty("looks_like").GetString() == "cascade" && !forCascades) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  caution    a shower explains the times better than a track (by {-Number("cascade_minus_track_llh"):0.0} in -lnL); consider --reco-algo cascade_pandel"));

        double Number(string name) => opinions.GetProperty(name).GetDouble();
    }

    private SkyPoint? Truth() => job.Event.Truth is { } truth ? IceCubeFrame.ToEquatorial(truth.Direction, job.Event.Mjd) : null;

    private static double Degrees(double radians) => radians * 180 / Math.PI;
}
