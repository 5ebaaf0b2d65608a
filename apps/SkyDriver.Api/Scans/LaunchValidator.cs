using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FluentValidation;
using SkyDriver.Api.Images;
using SkyDriver.Contracts;
using SkyDriver.IceCube;
using SkyDriver.Reco;
using SkyDriver.Scan;

namespace SkyDriver.Api.Scans;

/// <summary>Judges a launch: every fault at once, in the words of the argument it is about.</summary>
internal sealed partial class LaunchValidator : AbstractValidator<LaunchArguments>
{
    private const int MaxClusters = 64;
    private const int MaxClassifiers = 25;
    private const int MaxClassifierText = 25;

    private static readonly string[] Words = ["real", "real_event", "sim", "simulated", "simulated_event"];

    public LaunchValidator(ApiOptions options, IImageCatalog images)
    {
        RuleFor(a => a.DockerTag).Custom((tag, context) =>
        {
            if (tag != "" && TagFault(tag, images) is { } fault) context.AddFailure($"'docker_tag': {fault}");
        });
        RuleFor(a => a.RecoAlgo).Must(name => name == "" || AlgorithmForm().IsMatch(name)).WithMessage("'reco_algo': must be a name of up to 128 letters, digits, '_', '.' and '-'");
        RuleFor(a => a.RecoAlgo).Must(name => !AlgorithmForm().IsMatch(name) || RecoCatalog.TryGet(name, out _)).When(a => options.EngineFor(a.Engine) == ScanEngine.Native, ApplyConditionTo.CurrentValidator)
            .WithMessage(a => $"'reco_algo': {WhyNot(a.RecoAlgo)}");
        RuleFor(a => a.Engine).Custom((name, context) =>
        {
            if (name is not null && EngineFault(name, options) is { } fault) context.AddFailure($"'engine': {fault}");
        });
        RuleFor(a => a.RealOrSimulated).Must(word => word == "" || Words.Contains(word)).WithMessage($"'real_or_simulated_event': must be one of {string.Join(", ", Words)}");
        RuleFor(a => a.Threshold).InclusiveBetween(0.1, 1.0).WithMessage("'predictive_scanning_threshold': must be from 0.1 to 1.0");
        RuleFor(a => a.MaxPixelRecoTime).InclusiveBetween(1, int.MaxValue).When(a => a.MaxPixelRecoTime is not null).WithMessage("'max_pixel_reco_time': must be a number of seconds from 1 on");
        RuleFor(a => a.Priority).InclusiveBetween(int.MinValue, int.MaxValue).WithMessage("'priority': must be a 32-bit integer");
        RuleFor(a => a.Clusters).Must(clusters => clusters.All(c => options.Clusters.Contains(c.Name)))
            .WithMessage($"'request_clusters': names a place that is not configured; known are: {string.Join(", ", options.Clusters)}");
        RuleFor(a => a.Clusters).Must(clusters => clusters.Count <= MaxClusters).WithMessage($"'request_clusters': at most {MaxClusters} entries");
        RuleFor(a => a).Custom((arguments, context) =>
        {
            if (arguments.DebugMode.Count > 0 && arguments.Clusters.FirstOrDefault(c => c.Count > ApiOptions.MaxWorkersDebugged(c.Name) && options.Clusters.Contains(c.Name)) is { } tooMany)
                context.AddFailure($"'debug_mode': with the workers' output at most {ApiOptions.MaxWorkersDebugged(tooMany.Name)} workers may be asked for at '{tooMany.Name}'");
        });
        RuleFor(a => a.ServerEnvironment).Custom((environment, context) =>
        {
            foreach (string fault in UserEnvironment.Faults(environment)) context.AddFailure($"'scanner_server_env_from_user': {fault}");
        });
        RuleFor(a => a.Nsides).Custom((nsides, context) =>
        {
            foreach (string fault in NsideFaults(nsides)) context.AddFailure($"'nsides': {fault}");
        });
        RuleFor(a => a).Custom((arguments, context) =>
        {
            if (EventFault(arguments) is { } fault) context.AddFailure($"'{(arguments.EventId is null ? "event_i3live_json" : "i3_event_id")}': {fault}");
        });
        RuleFor(a => a.Classifiers).Must(c => c.Count <= MaxClassifiers && c.All(e => e.Key.Length is > 0 and <= MaxClassifierText && IsShortScalar(e.Value)))
            .WithMessage($"'classifiers': at most {MaxClassifiers} members; names and texts of at most {MaxClassifierText} characters, other values numbers, true, false or null");
        RuleFor(a => a.Classifiers).Must(c => !c.ContainsKey("rescan") && !c.ContainsKey("origin_scan_id"))
            .WithMessage("'classifiers': 'rescan' and 'origin_scan_id' are set by the service");
    }

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,128}\z")]
    private static partial Regex AlgorithmForm();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagForm();

    private static bool IsShortScalar(JsonElement value) => value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array) && value.ToString().Length <= MaxClassifierText;

    private static string? EngineFault(string name, ApiOptions options)
    {
        if (!ApiOptions.IsEngine(name)) return $"must be '{ScanEngine.Native}' or '{ScanEngine.External}'";
        // Naming what happens anyway is no choice.
        return options.EngineFor(name) == name ? null : $"requests cannot choose it here; every scan is made by '{options.Engine}'";
    }

    private static string? TagFault(string tag, IImageCatalog images)
    {
        if (!TagForm().IsMatch(tag)) return "must be a tag of up to 128 letters, digits, '_', '.' and '-'";
        return images.Resolve(tag) is { } resolved ? images.WhyNot(resolved) : "image not found";
    }

    private static string WhyNot(string name) =>
        // Only names with a meaning are repeated; anything else could be a slip with a secret in it.
        RecoCatalog.IsReferenceName(name) ? RecoCatalog.Explain(name) : RecoCatalog.ExplainUnnamed(name);

    private static IReadOnlyList<string> NsideFaults(OrderedDictionary<string, int> nsides)
    {
        if (nsides.Count == 0) return [];   // said already
        List<NsideStep> steps = [];
        foreach ((string key, int extension) in nsides)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int nside)) return ["each key must be an nside, a power of two written as digits"];
            steps.Add(new(nside, extension));
        }

        return NsideProgression.TryCreate(steps, out _, out IReadOnlyList<string> faults) ? [] : faults;
    }

    private static string? EventFault(LaunchArguments arguments)
    {
        if (arguments.Event.Length == 0) return null;   // said already
        try
        {
            IceCubeEvent decoded = EventReader.Read(arguments.Event);
            bool real = arguments.RealOrSimulated.StartsWith("real", StringComparison.Ordinal);
            return real && decoded.RunId is < 100_000 or >= 1_000_000 ? "a real event has a run number from 100000 to 999999; is this one simulated?" : null;
        }
        catch (EventFormatException broken)
        {
            return broken.Message;
        }
    }
}
