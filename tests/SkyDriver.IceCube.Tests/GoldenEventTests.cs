using System.Text.Json;

namespace SkyDriver.IceCube.Tests;

/// <summary>The two shared real events, against what an independent reader decoded (see the shared data's README).</summary>
public class GoldenEventTests
{
    public static TheoryData<string, string> Events => new()
    {
        { "138632_31747601.json", "138632_31747601.pulses.json" },
        { "event_HESE_2017-11-28.json", "130322_1414689.pulses.json" },
    };

    [Theory, MemberData(nameof(Events))]
    public void Read_RealEvent_EnvelopeAndFramesAgree(string file, string reference)
    {
        var (actual, golden) = Load(file, reference);
        Assert.Equal(golden.GetProperty("envelope_version").GetString() ?? "", actual.FormatVersion);
        Assert.Equal(golden.GetProperty("baseline_gcd").GetString(), actual.BaselineGcd);
        if (golden.GetProperty("alert").ValueKind == JsonValueKind.Null) Assert.Null(actual.AlertSummary);
        else Assert.True(JsonElement.DeepEquals(golden.GetProperty("alert"), actual.AlertSummary!.Value));
        string expected = string.Join('\n', golden.GetProperty("frames").EnumerateArray().SelectMany(frame => frame.GetProperty("keys").EnumerateObject()
            .Select(key => $"{frame.GetProperty("stream")} {key.Name} {key.Value.GetProperty("type_name")} {key.Value.GetProperty("class")} "
                + $"{key.Value.GetProperty("version")} {key.Value.GetProperty("bytes")}")));
        Assert.Equal(expected, string.Join('\n', actual.Frames.SelectMany(frame => frame.Slots
            .Select(slot => $"{frame.Stream} {slot.Key} {slot.TypeName} {slot.ClassName} {slot.Version} {slot.Length}"))));
    }

    [Theory, MemberData(nameof(Events))]
    public void Read_RealEvent_HeadersAgree(string file, string reference)
    {
        var (actual, golden) = Load(file, reference);
        AssertHeader(golden.GetProperty("q_header"), actual.DaqHeader);
        AssertHeader(golden.GetProperty("p_header"), actual.Header);
        Assert.Equal(golden.GetProperty("p_header").GetProperty("start").GetProperty("mjd").GetDouble(), actual.Mjd);
    }

    [Theory, MemberData(nameof(Events))]
    public void Read_RealEvent_ObjectsAgree(string file, string reference)
    {
        var (actual, golden) = Load(file, reference);
        AssertObjects<Particle>(golden.GetProperty("particles"), actual, AssertParticle);
        AssertObjects<Position>(golden.GetProperty("positions_m"), actual, (json, at) => Assert.Equal(Doubles(json), new[] { at.X, at.Y, at.Z }));
        AssertObjects<double>(golden.GetProperty("doubles"), actual, (json, value) => Assert.Equal(json.GetDouble(), value));
        AssertObjects<bool>(golden.GetProperty("bools"), actual, (json, value) => Assert.Equal(json.GetBoolean(), value));
        AssertObjects<string>(golden.GetProperty("strings"), actual, (json, value) => Assert.Equal(json.GetString(), value));
        AssertObjects<TimeWindow>(golden.GetProperty("time_windows_ns"), actual, (json, value) => Assert.Equal(Doubles(json), new[] { value.Start, value.Stop }));
        AssertObjects<FitParameters>(golden.GetProperty("fit_params"), actual, (json, value) =>
        {
            Assert.Equal(json.GetProperty("logl").GetDouble(), value.LogLikelihood);
            Assert.Equal(json.GetProperty("rlogl").GetDouble(), value.ReducedLogLikelihood);
            Assert.Equal(json.GetProperty("ndof").GetInt32(), value.DegreesOfFreedom);
            Assert.Equal(json.GetProperty("nmini").GetInt32(), value.Evaluations);
        });
        JsonElement vertex = golden.GetProperty("vertex");
        double[] at = Doubles(vertex.GetProperty("pos_m"));
        Assert.Equal(new Vertex(at[0], at[1], at[2], vertex.GetProperty("time_ns").GetDouble(), double.NaN), actual.SelfVetoVertex);
    }

    [Theory, MemberData(nameof(Events))]
    public void Read_RealEvent_EveryPulseAgrees(string file, string reference)
    {
        var (actual, golden) = Load(file, reference);
        JsonElement counters = golden.GetProperty("superdst");
        Assert.NotNull(actual.SuperDst);
        Assert.Equal(counters.GetProperty("stamps16").GetInt32(), actual.SuperDst.Words);
        Assert.Equal(counters.GetProperty("groups").GetInt32(), actual.SuperDst.Groups);
        Assert.Equal(counters.GetProperty("widths").EnumerateArray().Select(width => width.GetInt32()), actual.SuperDst.Widths);
        Assert.Equal(counters.GetProperty("extra").GetInt32(), actual.SuperDst.ExtraBytes);
        Assert.Equal(counters.GetProperty("time_overflow").GetInt32(), actual.SuperDst.TimeOverflowWords);
        Assert.Equal(counters.GetProperty("charge_overflow").GetInt32(), actual.SuperDst.ChargeOverflowWords);
        Assert.Equal(counters.GetProperty("zero_width_fixups").GetInt32(), actual.SuperDst.ZeroWidthRepairs);

        JsonProperty[] series = [.. golden.GetProperty("series").EnumerateObject()];
        Assert.Equal(series.Select(row => row.Name), actual.Series.Select(row => row.Name));
        foreach ((JsonProperty row, PulseSeries ours) in series.Zip(actual.Series))
        {
            Assert.Equal((row.Name, row.Value.GetProperty("doms").GetInt32()), (ours.Name, ours.ModuleCount));
            Assert.Equal((row.Name, row.Value.GetProperty("pulses").GetInt32()), (ours.Name, ours.Count));
            Assert.Equal(row.Value.GetProperty("charge_pe").GetDouble(), ours.Charge, 5.1e-4);   // printed to three decimals
        }

        int[] bits = new int[actual.Series[0].Count];
        foreach ((JsonProperty row, PulseSeries ours) in series.Zip(actual.Series))
            foreach (int index in ours.Indices) bits[index] += row.Value.GetProperty("bit").GetInt32();
        string[] expected = [.. golden.GetProperty("pulses").EnumerateArray().Select(row => string.Join(' ', Doubles(row)))];
        string[] pulses = [.. actual.Series[0].Pulses.Zip(bits, (pulse, bit) => string.Join(' ', new double[]
            { pulse.String, pulse.Om, pulse.Time, Math.Round(pulse.Charge, 6), pulse.Width, pulse.Flags, bit }))];
        Assert.Equal(expected, pulses);
    }

    [Fact]   // identity, type and the online direction as published in the alert summary (five decimals)
    public void Read_TrackAlert_NamesItselfAndItsOnlineTrack()
    {
        IceCubeEvent actual = RealEvents.Read("138632_31747601.json");
        Assert.Equal("run00138632.evt000031747601.neutrino", actual.EventIdText);
        Assert.Equal((1.5716318005424652, 4.876874560238876), (actual.OnlineTrack!.Value.Zenith, actual.OnlineTrack.Value.Azimuth));
        Assert.Equal((175, 888), (actual.CleanedHits.Count, actual.CleanedSeries.Count));
        Assert.Equal(830.4, actual.CleanedHits.Sum(hits => hits.Charge), 1e-6);
        Assert.Null(actual.Truth);
    }

    [Fact]
    public void Read_StartingCascade_IsOfTypeHese()
    {
        IceCubeEvent actual = RealEvents.Read("event_HESE_2017-11-28.json");
        Assert.Equal("run00130322.evt000001414689.HESE", actual.EventIdText);
        Assert.Equal(actual.CleanedHits, actual.CleanedHits.OrderBy(hits => hits.String).ThenBy(hits => hits.Om));
    }

    [Theory, MemberData(nameof(Events))]   // the stored sum of all standard-string charges without modules above half of it
    public void InputSeries_HomogenizedCharge_IsTheStoredOne(string file, string reference)
    {
        var (actual, golden) = Load(file, reference);
        double[] modules = [.. actual.InputSeries.Pulses.Where(pulse => pulse.String <= 78)
            .GroupBy(pulse => (pulse.String, pulse.Om)).Select(module => module.Sum(pulse => pulse.Charge))];
        double total = modules.Sum();
        Assert.Equal(golden.GetProperty("doubles").GetProperty("HESE_HomogenizedQTot").GetDouble(), modules.Where(charge => charge <= total / 2).Sum(), 1e-5);
    }

    [Theory, MemberData(nameof(Events))]
    public void HlcHits_FirstTimes_AreTheEarliestHlcPulses(string file, string reference)
    {
        var (actual, golden) = Load(file, reference);
        int input = golden.GetProperty("series").GetProperty(actual.InputSeries.Name).GetProperty("bit").GetInt32();
        var expected = golden.GetProperty("pulses").EnumerateArray().Select(Doubles)
            .Where(row => ((int)row[6] & input) != 0 && ((int)row[5] & 1) != 0)
            .GroupBy(row => ((int)row[0], (int)row[1])).Select(module => (module.Key, module.Min(row => row[2])));
        Assert.Equal(expected, actual.HlcHits.Select(hits => ((hits.String, hits.Om), hits.FirstTime)));
    }

    private static (IceCubeEvent Actual, JsonElement Golden) Load(string file, string reference) =>
        (RealEvents.Read(file), JsonDocument.Parse(RealEvents.Bytes(reference)).RootElement);

    private static void AssertObjects<T>(JsonElement golden, IceCubeEvent actual, Action<JsonElement, T> assert)
    {
        Assert.Equal(golden.EnumerateObject().Select(row => row.Name), actual.OfType<T>().Select(row => row.Key));
        foreach ((string key, T value) in actual.OfType<T>()) assert(golden.GetProperty(key), value);
    }

    private static void AssertHeader(JsonElement golden, EventHeader actual)
    {
        var identity = ("run_id", "sub_run_id", "event_id", "state", "sub_event_id");
        Assert.Equal(
            (Long(identity.Item1), Long(identity.Item2), Long(identity.Item3), Long(identity.Item4), Long(identity.Item5)),
            (actual.RunId, actual.SubRunId, actual.EventId, actual.State, actual.SubEventId));
        Assert.Equal(golden.GetProperty("sub_event_stream").GetString(), actual.SubEventStream);
        AssertTime(golden.GetProperty("start"), actual.Start);
        AssertTime(golden.GetProperty("end"), actual.End);

        long Long(string name) => golden.GetProperty(name).GetInt64();
    }

    private static void AssertTime(JsonElement golden, DaqTime actual)
    {
        Assert.Equal(new DaqTime(golden.GetProperty("year").GetInt32(), golden.GetProperty("daq_time").GetInt64()), actual);
        Assert.Equal(golden.GetProperty("utc").GetString(), actual.ToUtcText());
        Assert.Equal(golden.GetProperty("mjd").GetDouble(), actual.Mjd);
    }

    private static void AssertParticle(JsonElement golden, Particle actual)
    {
        Assert.Equal(golden.GetProperty("minor_id").GetInt32(), actual.MinorId);
        Assert.Equal(golden.GetProperty("major_id").GetUInt64(), actual.MajorId);
        Assert.Equal(golden.GetProperty("pdg").GetInt32(), actual.Type);
        Assert.Equal(golden.GetProperty("shape").GetString(), actual.Shape.ToString());
        Assert.Equal(golden.GetProperty("fit_status").GetString(), actual.Status.ToString());
        Assert.Equal(Doubles(golden.GetProperty("pos_m")), new[] { actual.Position.X, actual.Position.Y, actual.Position.Z });
        string[] names = ["zenith", "azimuth", "time_ns", "energy_gev", "length_m", "speed_m_per_ns"];
        Assert.Equal(
            names.Select(name => golden.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : double.NaN),
            [actual.Zenith, actual.Azimuth, actual.Time, actual.Energy, actual.Length, actual.Speed]);
        Assert.Equal(golden.GetProperty("location").GetInt32(), actual.Location);
    }

    private static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(element => element.GetDouble())];
}
