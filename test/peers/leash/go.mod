module feddns.test/peers/leash

go 1.26.0
