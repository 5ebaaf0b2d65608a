using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using k8s;

namespace SkyDriver.KubernetesJobs.Tests.Sdk;

/// <summary>The public surface of the subset is a promise: what compiles against it compiles against the official package too.</summary>
public sealed partial class PublicApiTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Subset = typeof(Kubernetes).Assembly;

    [Fact]
    public void Surface_Types_MatchTheCheckedInTable()
    {
        string table = Path.Combine(TestPaths.Repository, "libs", "Kubernetes.Sdk", "PublicApi.txt"), actual = Describe();
        string expected = File.Exists(table) ? File.ReadAllText(table) : "";
        if (actual == expected) return;
        string proposal = Path.Combine(AppContext.BaseDirectory, "PublicApi.txt");
        File.WriteAllText(proposal, actual);
        string first = actual.Split('\n').Except(expected.Split('\n')).Concat(expected.Split('\n').Except(actual.Split('\n'))).FirstOrDefault("order");
        Assert.Fail($"The public surface differs from {table}, first at: {first}\nIf that is meant, and the official package has it too, copy {proposal} over it.");
    }

    [Fact]
    public void Surface_Namespaces_AreThoseOfTheOfficialPackage()
    {
        Assert.Equal(
            ["k8s", "k8s.Authentication", "k8s.Autorest", "k8s.Exceptions", "k8s.Models"],
            Subset.GetExportedTypes().Select(t => t.Namespace!).Distinct().Order(StringComparer.Ordinal));
        Assert.DoesNotContain("SkyDriver", Describe());
    }

    /// <summary>In the official package the operations have more optional arguments, in an order that moves between versions.</summary>
    [Fact]
    public void Launcher_Calls_NameEveryOptionalArgument()
    {
        (string File, string Method, string[] Arguments)[] calls = [.. LauncherSources().SelectMany(s => Call().Matches(s.Text).Select(m => (s.File, m.Groups[1].Value, Arguments(s.Text[(m.Index + m.Length)..]))))];
        Assert.True(calls.Length >= 10, "the calls are found");
        foreach ((string file, string method, string[] arguments) in calls)
        {
            int demanded = typeof(BatchV1OperationsExtensions).GetMethods().Concat(typeof(CoreV1OperationsExtensions).GetMethods()).Single(m => m.Name == method).GetParameters().Count(p => !p.HasDefaultValue) - 1;
            Assert.All(arguments.Skip(demanded), a => Assert.True(Named().IsMatch(a), $"{file}: {method}(... {a} ...)"));
        }
    }

    [Fact]
    public void Launcher_Sources_UseOnlyNamespacesOfBothAndNoConditions()
    {
        string[] official = ["k8s", "k8s.Authentication", "k8s.Autorest", "k8s.Exceptions", "k8s.Models"];
        Assert.All(LauncherSources(), s => Assert.DoesNotContain("#if", s.Text));
        Assert.All(LauncherSources(), s => Assert.Subset(official.ToHashSet(), Using().Matches(s.Text).Select(m => m.Groups[1].Value).ToHashSet()));
    }

    private static IEnumerable<(string File, string Text)> LauncherSources() =>
        Directory.EnumerateFiles(Path.Combine(TestPaths.Repository, "apps", "SkyDriver.KubernetesJobs"), "*.cs", SearchOption.AllDirectories).Select(f => (Path.GetFileName(f), File.ReadAllText(f)));

    /// <summary>What stands between commas, up to the bracket that closes the call.</summary>
    private static string[] Arguments(string text)
    {
        List<string> found = [""];
        int depth = 0;
        foreach (char c in text)
        {
            if (c == ')' && depth-- == 0) break;
            if (c == '(') depth++;
            if (c == ',' && depth == 0) found.Add("");
            else found[^1] += c;
        }

        return [.. found.Select(a => a.Trim())];
    }

    [GeneratedRegex(@"\.(?:BatchV1|CoreV1)\.(\w+)\(")]
    private static partial Regex Call();

    [GeneratedRegex(@"^\w+: ")]
    private static partial Regex Named();

    [GeneratedRegex(@"^using (k8s[\w.]*);", RegexOptions.Multiline)]
    private static partial Regex Using();

    private static string Describe()
    {
        StringBuilder text = new("# Written by PublicApiTests: what applications may use of KubernetesClient 20, as far as the subset has it.\n# Optional arguments are given by name: the official operations have more of them.\n\n");
        foreach (Type type in Subset.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Name(type)).Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal)) text.Append("    ").Append(member).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> Members(Type type) => type.IsEnum
        ? Enum.GetNames(type)
        : type.GetProperties(Declared).Where(p => Visible(p.GetMethod!) && p.Name != "EqualityContract").Select(p => $"{Name(p.PropertyType)} {p.Name}{(p.SetMethod is { } set && Visible(set) ? "" : " (get)")}")
            .Concat(type.GetFields(Declared).Where(f => f.IsPublic).Select(f => $"{Name(f.FieldType)} {f.Name}"))
            .Concat(type.GetConstructors(Declared).Where(c => Visible(c) && !IsCopy(c)).Select(c => $"ctor({Parameters(c)})"))
            .Concat(type.GetMethods(Declared).Where(m => Visible(m) && !Generated(m)).Select(m => $"{Name(m.ReturnType)} {m.Name}({Parameters(m)})"));

    private static bool IsCopy(ConstructorInfo constructor) => constructor.GetParameters() is [{ } only] && only.ParameterType == constructor.DeclaringType;

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    /// <summary>Accessors, and what records bring along.</summary>
    private static bool Generated(MethodInfo method) =>
        (method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal)) || method.Name is "<Clone>$" or "PrintMembers" or "ToString" or "GetHashCode" or "Equals"
        || method.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute));

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? "?" : "")}"));

    private static string Name(Type type)
    {
        if (type.IsGenericParameter) return type.Name;
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } value) return Name(value) + "?";
        string name = type.Namespace?.StartsWith("k8s", StringComparison.Ordinal) is true ? type.FullName ?? $"{type.Namespace}.{type.Name}" : type.Name;
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? name : $"{name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
