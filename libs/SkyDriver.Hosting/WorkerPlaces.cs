using System.Text.RegularExpressions;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting;

/// <summary>The places where scans may ask for workers, and the launcher that serves each; the same setting for every service that needs it.</summary>
public sealed partial class WorkerPlaces
{
    public const string Setting = "SKYDRIVER_CLUSTERS";

    private const string Usual = "local";

    private readonly Dictionary<string, string> launchers;

    private WorkerPlaces(Dictionary<string, string> launchers, IReadOnlyList<string> names) => (this.launchers, Names) = (launchers, names);

    /// <summary>In the order of the setting.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary><c>sub-2=htcondor sub-3=htcondor local</c>: a bare name is a place of its own launcher.</summary>
    public static WorkerPlaces Read(Settings settings)
    {
        Dictionary<string, string> launchers = new(StringComparer.Ordinal);
        List<string> names = [];
        foreach (string item in settings.Text(Setting, Usual).Split([',', ' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = item.Split('=');
            if (parts.Length > 2 || !parts.All(p => Name().IsMatch(p)))
                settings.Refuse(Setting, $"has '{item}'; write PLACE or PLACE=LAUNCHER, of letters, digits, dots, dashes and underscores, such as sub-2=htcondor");
            else if (!launchers.TryAdd(parts[0], parts[^1])) settings.Refuse(Setting, $"names '{parts[0]}' twice; a place has one launcher");
            else names.Add(parts[0]);
        }

        return new(launchers, names);
    }

    /// <summary>The launcher of a place, whose binding is the component <see cref="Components.Workers"/>. One that is not configured is its own, as a scan may outlive a setting.</summary>
    public string LauncherOf(string place) => launchers.GetValueOrDefault(place, place);

    public bool Contains(string place) => launchers.ContainsKey(place);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
