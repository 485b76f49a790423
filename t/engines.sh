# For t/container.sh.t (bash): container engines of one's own, below STATE, and the image.
# Nothing is fetched from a registry: a Debian made from this machine's own sources stands
# in for the base, and carries them, so that apt works in it as here.
#
#	engines_have           # or the name of what is missing
#	engines_try            # likewise: the base is made, and podman runs it
#	image_make TREE        # smokebox of an installation, with the Dockerfile's last stage
#	docker_start           # Debian's engine; then "docker" speaks to it
#	docker_try             # it runs a container
#
# To be called in a mount namespace that ends with the caller.

BASE=debian:bookworm-slim
IMAGE=smokebox
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

engines_have() {
	local tool
	[ "$(id -u)" = 0 ] || { echo "not root"; return 1; }
	for tool in podman buildah runc mmdebstrap dockerd docker docker-compose; do
		command -v $tool >"$STATE/which" || { echo "no $tool"; return 1; }
	done
	unshare -m -p -f --mount-proc true 2>"$STATE/which" || { echo "no namespaces of our own"; return 1; }
	mkdir -p "$STATE"/try/{lower,upper,work,all}
	unshare -m mount -t overlay -o "lowerdir=$STATE/try/lower,upperdir=$STATE/try/upper,workdir=$STATE/try/work" \
		try "$STATE/try/all" 2>"$STATE/which" || { echo "no overlay file system on this disk"; return 1; }
}

# A root without CAP_SYS_RESOURCE cannot raise limits to podman's defaults; crun refuses a
# hybrid cgroup tree; with files for locks and directories of its own it meets no other one.
podman_setup() {
	local state=$STATE/podman
	mkdir -p "$state/networks"
	cat >"$STATE/containers.conf" <<-END
	[containers]
	default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
	log_driver = "k8s-file"
	[engine]
	runtime = "runc"
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	lock_type = "file"
	tmp_dir = "$state/tmp"
	static_dir = "$state/libpod"
	volume_path = "$state/volumes"
	[network]
	network_backend = "netavark"
	network_config_dir = "$state/networks"
	END
	cat >"$STATE/storage.conf" <<-END
	[storage]
	driver = "overlay"
	graphroot = "$state/storage"
	runroot = "$state/run"
	END
	export CONTAINERS_CONF=$STATE/containers.conf CONTAINERS_STORAGE_CONF=$STATE/storage.conf
	export BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker
	unset CONTAINER_HOST DOCKER_HOST DOCKER_CONTEXT
}

# base_make TAR: the stand-in
base_make() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' \
		'Created-By: Packages' | awk -F'|' '$1 == "Debian" && $3 ~ /^bookworm/ &&
		$3 !~ /backports|proposed/ { print "deb", $2, $3, $4 }' | sort -u >"$STATE/sources.list"
	apt-config dump |
		grep -E '^Acquire::(Check-Valid-Until|Check-Date|Retries|https?::(Proxy|Timeout)) ' \
			>"$STATE/apt.conf"
	mmdebstrap --variant=minbase --aptopt="$STATE/apt.conf" \
		--customize-hook='rm -f "$1/etc/resolv.conf" "$1/etc/hostname"' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
		--format=tar bookworm "$1.part" "$STATE/sources.list" && mv "$1.part" "$1"
}

# What this machine lets engines do, tried with what is not ours: a reason names it.
engines_try() {
	local from
	exec 3>&1 >"$STATE/try.log" 2>&1
	podman_setup
	podman info || { echo "podman does not start" >&3; return 1; }
	podman image exists "localhost/$BASE" || {
		base_make "$STATE/base.tar" &&
			podman import --change 'CMD ["bash"]' "$STATE/base.tar" "localhost/$BASE"
	} || { echo "no base for an image can be made" >&3; return 1; }
	podman run --rm --pull=never --network host --cgroup-parent "/smokebox-$$-try" "localhost/$BASE" true ||
		{ echo "podman runs no container" >&3; return 1; }
	from=$(buildah from --pull-never "localhost/$BASE") && buildah run "$from" apt-get -qq update &&
		buildah rm "$from" || { echo "apt fetches nothing in a container" >&3; return 1; }
}

# image_make TREE: what the Dockerfile's last stage makes of it, word for word; the stages
# before it only build such a tree.
image_make() {
	local context=$STATE/context
	podman_setup
	rm -rf "$context" && mkdir -p "$context/docker"
	cp -a "$1" "$context/image"
	cp "$SOURCE/docker/packages.txt" "$SOURCE/docker/entry.sh" "$context/docker/"
	awk 'BEGIN { n = 0 } /^FROM/ { n++ } { stage[n] = stage[n] $0 "\n" } END { printf "%s%s", stage[0], stage[n] }' \
		"$SOURCE/docker/Dockerfile" |
		sed 's,^COPY --from=build /image /$,COPY image /,' >"$context/Dockerfile"
	buildah bud --format docker --pull-never --layers -t "localhost/$IMAGE" "$context"
}

# megabytes REF: of an image
megabytes() {
	podman image inspect -f '{{.Size}}' "$1" | awk '{ printf "%.1f", $1 / 1e6 }'
}

# Debian's engine, in this network namespace, with the image.
docker_start() {
	export DOCKER_HOST=unix://$STATE/docker.sock
	dockerd --data-root "$STATE/docker" --exec-root "$STATE/docker.exec" --pidfile "$STATE/docker.pid" \
		-H "$DOCKER_HOST" >"$STATE/dockerd.log" 2>&1 &
	DOCKERD=$!
	wait_until 30 docker version || return 1
	podman save "localhost/$IMAGE" | docker load
	docker tag "localhost/$IMAGE:latest" "$IMAGE:latest"
}

# A program that is no part of smokebox, on a network of the engine's.
docker_try() {
	docker run --rm --entrypoint /bin/true -p 8083:80 $IMAGE
}
