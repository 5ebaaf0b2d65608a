using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SkyDriver.Scan;

public sealed partial class ScanLedger
{
    // Share of what is done that predictions of the end look back on, and the least number of recos they want to see.
    private const double WindowRatio = 0.25;
    private const int LeastWindow = 400;

    private static readonly double[] TimelineFractions = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 1.0];

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers of workers that are part of the map.</summary>
    public long AnswersReceived => _stats.Count;

    /// <summary>The progress body that clients of the REST service read: <c>{progress, event_metadata, scan_metadata}</c> as UTF-8 JSON.</summary>
    /// <param name="report">Texts, from <see cref="ReportSchedule"/>.</param>
    /// <param name="now">unix s; all clock texts are UTC.</param>
    public void WriteProgress(IBufferWriter<byte> target, ReportDue report, double now)
    {
        using var json = new Utf8JsonWriter(target, Relaxed);
        json.WriteStartObject();
        json.WriteStartObject("progress");
        json.WriteString("summary", report.Summary);
        json.WriteString("epilogue", report.Epilogue);
        WriteTallies(json);
        WriteProcessingStats(json, now);
        WriteFloat(json, "predictive_scanning_threshold", _plan.Threshold);
        json.WriteString("last_updated", PythonText.Clock(now));
        json.WriteNumber("start", (long)StartedAt);
        if (Finished) json.WriteNumber("end", (long)now);
        else json.WriteNull("end");
        json.WriteEndObject();
        WriteMetadata(json);
        json.WriteEndObject();
    }

    /// <summary>Estimates, or what was sent where that is known already; once finished, what was sent.</summary>
    private long PredictedRecos()
    {
        if (Finished) return _sent;
        var estimates = _plan.Progression.EstimatedPixels(_plan.Radius);
        long likely = 0;
        for (int i = 0; i < _tables.Length; i++) likely += _tables[i].Count > 0 ? _tables[i].SentVariations : estimates[i] * _plan.Variations;
        return Math.Max(likely, estimates.Sum() * _plan.Variations);
    }

    private void WriteTallies(Utf8JsonWriter json)
    {
        var estimates = _plan.Progression.EstimatedPixels(_plan.Radius);
        json.WriteStartObject("tallies");
        json.WriteStartObject("nsides");
        for (int i = 0; i < _tables.Length; i++)
        {
            PixelTable table = _tables[i];
            json.WriteStartObject(table.Nside.ToString(CultureInfo.InvariantCulture));
            WriteTally(json, table.ReceivedVariations, table.SavedPixels, table.SentVariations, estimates[i]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("overall");
        WriteTally(json, _received, _saved, _sent, estimates.Sum());
        json.WriteEndObject();
        WriteTimeline(json);
        json.WriteEndObject();
    }

    private void WriteTally(Utf8JsonWriter json, long recos, long pixels, long sent, long estimatedPixels)
    {
        json.WriteStartObject("recos");
        json.WriteNumber("done", recos);
        json.WriteString("done est. percent", Part(recos, sent, sent.ToString(CultureInfo.InvariantCulture)));
        json.WriteNumber("generated", sent);
        json.WriteNumber("initial approximation total", estimatedPixels * _plan.Variations);
        json.WriteEndObject();
        double generated = (double)sent / _plan.Variations;
        json.WriteStartObject("pixels");
        json.WriteNumber("done", pixels);
        json.WriteString("done est. percent", Part(pixels, generated, PythonText.Float(generated)));
        WriteFloat(json, "generated", generated);
        WriteFloat(json, "initial approximation total", estimatedPixels);
        json.WriteEndObject();
    }

    private static string Part(long done, double of, string ofText) =>
        of == 0 ? "N/A" : string.Create(CultureInfo.InvariantCulture, $"{done}/{ofText} ({PythonText.Fixed(done / of, 2)})");

    /// <summary>When each part of the predicted total was done, from the start of the scan.</summary>
    private void WriteTimeline(Utf8JsonWriter json)
    {
        long total = PredictedRecos();
        json.WriteStartObject("est. scan timeline");
        WriteMoment(json, PythonText.Fixed(1.0 / total, 5), 0);
        foreach (double fraction in TimelineFractions) WriteMoment(json, PythonText.Float(fraction), (long)Math.Ceiling(total * fraction) - 1);
        json.WriteEndObject();
    }

    private void WriteMoment(Utf8JsonWriter json, string name, long index)
    {
        double arrival = index < _stats.Count ? _stats.Arrival(Math.Max(index, 0)) : double.NaN;
        if (!double.IsNaN(arrival)) json.WriteString(name, PythonText.Duration(arrival - StartedAt));
    }

    private void WriteProcessingStats(Utf8JsonWriter json, double now)
    {
        NsideTimes? all = _stats.Count > 0 ? _stats.All() : null;
        json.WriteStartObject("processing_stats");
        json.WriteStartObject("start");
        json.WriteString("scanner start", PythonText.Clock(StartedAt));
        if (all is not null)
        {
            json.WriteString("reco start (on server)", PythonText.Clock(all.FirstSend));
            json.WriteString("reco start (on first worker)", PythonText.Clock(_stats.FirstWorkerStart));
        }

        json.WriteEndObject();
        json.WriteStartObject("runtime");
        json.WriteString("elapsed", PythonText.Duration(now - StartedAt));
        if (all is not null)
        {
            json.WriteString("startup runtime", PythonText.Duration(all.FirstSend - StartedAt));
            json.WriteString("reco runtime (on server)", PythonText.Duration(now - all.FirstSend));
            json.WriteString("reco start delay (on first worker)", PythonText.Duration(_stats.FirstWorkerStart - all.FirstSend));
        }

        json.WriteEndObject();
        if (all is not null)
        {
            WriteRates(json, all);
            WriteEnd(json, all, now);
        }

        json.WriteEndObject();
    }

    private void WriteRates(Utf8JsonWriter json, NsideTimes all)
    {
        json.WriteStartObject("rate");
        WriteRate(json, "all recos", all);
        for (int i = 0; i < _tables.Length; i++)
        {
            if (_stats[i].Runtimes.Count > 0) WriteRate(json, $"nside-{_tables[i].Nside}", _stats[i]);
        }

        json.WriteEndObject();
    }

    private static void WriteRate(Utf8JsonWriter json, string name, NsideTimes times)
    {
        json.WriteStartObject(name);
        WriteDistribution(json, "worker time", times.Runtimes);
        WriteDistribution(json, "round-trip time", times.RoundTrips);
        json.WriteStartObject("wall time");
        json.WriteString("start", PythonText.Clock(times.FirstSend));
        json.WriteString("end", PythonText.Clock(times.LastArrival));
        json.WriteString("runtime", PythonText.Duration(times.LastArrival - times.FirstSend));
        json.WriteString("mean reco", PythonText.Duration((times.LastArrival - times.FirstSend) / times.Runtimes.Count));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteDistribution(Utf8JsonWriter json, string name, Distribution seconds)
    {
        json.WriteStartObject(name);
        json.WriteString("mean", PythonText.Duration(seconds.Mean));
        json.WriteString("median", PythonText.Duration(seconds.Median()));
        json.WriteString("slowest", PythonText.Duration(seconds.Largest));
        json.WriteString("fastest", PythonText.Duration(seconds.Smallest));
        json.WriteEndObject();
    }

    private void WriteEnd(Utf8JsonWriter json, NsideTimes all, double now)
    {
        if (Finished)
        {
            json.WriteString("end", PythonText.Clock(now));
            json.WriteBoolean("finished", true);
            return;
        }

        long window = Math.Max(LeastWindow, (long)(_stats.Count * WindowRatio));
        double since = window <= _stats.Count ? _stats.NewestSend(window - 1) : all.FirstSend;
        double secondsPerReco = (all.LastArrival - since) / Math.Min(window, _stats.Count);
        long total = PredictedRecos();
        double left = secondsPerReco * (total - _received);
        json.WriteStartObject("predictions");
        json.WriteString("time left", PythonText.Duration(left));
        json.WriteString("total runtime at finish", PythonText.Duration(all.FirstSend - StartedAt + (now - all.FirstSend) + left));
        json.WriteNumber("total # of reconstructions", total);
        json.WriteString("end", PythonText.Clock(now + left));
        json.WriteString("technique", window > LeastWindow
            ? string.Create(CultureInfo.InvariantCulture, $"simple moving average (window={window})")
            : string.Create(CultureInfo.InvariantCulture, $"simple average over entire scan runtime (a moving average with a window of {WindowRatio} will be used after {LeastWindow / WindowRatio} recos have finished)"));
        json.WriteEndObject();
    }

    private void WriteMetadata(Utf8JsonWriter json)
    {
        json.WriteStartObject("event_metadata");
        json.WriteNumber("run_id", _plan.Event.RunId);
        json.WriteNumber("event_id", _plan.Event.EventId);
        json.WriteString("event_type", _plan.Event.EventType);
        WriteFloat(json, "mjd", _plan.Event.Mjd);
        json.WriteBoolean("is_real_event", _plan.Event.IsRealEvent);
        json.WriteNumber("version", _plan.Event.Version);
        json.WriteEndObject();
        json.WriteStartObject("scan_metadata");
        json.WriteString("scan_id", _plan.ScanId);
        json.WriteStartObject("nside_progression");
        foreach (var (nside, extension) in _plan.Progression) json.WriteNumber(nside.ToString(CultureInfo.InvariantCulture), extension);
        json.WriteEndObject();
        json.WriteNumber("position_variations", _plan.Variations);
        json.WriteEndObject();
    }

    private static void WriteFloat(Utf8JsonWriter json, string name, double value)
    {
        Span<byte> text = stackalloc byte[32];
        json.WritePropertyName(name);
        json.WriteRawValue(text[..PythonText.Float(value, text)], skipInputValidation: true);
    }
}
